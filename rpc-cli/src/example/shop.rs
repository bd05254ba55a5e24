//! The service of `--example`.

use std::time::Duration;

use amqp_rpc::rpc_service;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the shop sells.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Article {
    Apple,
    Bread,
    Cheese,
}

/// What some pieces cost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Price {
    /// All pieces together.
    pub(crate) cents: u64,
    /// From ten pieces on.
    pub(crate) discount_percent: u8,
}

/// Why the shop refuses.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub(crate) enum ShopError {
    /// There are fewer pieces.
    SoldOut {
        /// How many there are.
        available: u32,
    },
}

/// A small shop, to try the command with.
#[rpc_service(schema)]
pub(crate) trait Shop {
    /// What some pieces of an article cost.
    ///
    /// Ten pieces and more are cheaper. There are never more than 50 pieces.
    #[rpc(idempotent, timeout = "5s", example = { "article": "apple", "quantity": 3 })]
    async fn price(
        &self,
        /// What is bought.
        article: Article,
        /// How many pieces.
        #[schemars(range(min = 1, max = 100))]
        quantity: u32,
    ) -> Result<Price, ShopError>;
    /// Answers after some time: to see what a timeout looks like.
    async fn wait(&self, #[schemars(range(max = 60_000))] milliseconds: u64);
    /// Fills the shelves.
    #[rpc(notify)]
    async fn restock(&self, article: Article, #[schemars(range(min = 1))] quantity: u32);
    /// The price of an article has changed. The topic is the market, such as `eu.de`.
    #[rpc(event)]
    async fn price_changed(&self, article: Article, cents: u64);
}

/// The shop.
pub(crate) struct Shelves;

/// How many pieces of each article there are.
const AVAILABLE: u32 = 50;

impl Shop for Shelves {
    async fn price(&self, article: Article, quantity: u32) -> Result<Price, ShopError> {
        if quantity > AVAILABLE {
            return Err(ShopError::SoldOut { available: AVAILABLE });
        }
        let cents_each: u64 = match article {
            Article::Apple => 40,
            Article::Bread => 350,
            Article::Cheese => 890,
        };
        let discount_percent = if quantity < 10 { 0 } else { 5 };
        let cents = cents_each * u64::from(quantity) * (100 - u64::from(discount_percent)) / 100;
        Ok(Price { cents, discount_percent })
    }

    async fn wait(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds.min(60_000))).await;
    }

    async fn restock(&self, _article: Article, _quantity: u32) {}

    async fn price_changed(&self, _article: Article, _cents: u64) {}
}
