//! The service that is shown: of each kind one method, with types of its own.

use std::{collections::BTreeMap, time::Duration};

use amqp_rpc::{Client, description::ServiceDescription, rpc_service};
use amqp_rpc_docs::{
    asyncapi::Info,
    server::{DocsServer, RunningDocsServer},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An article on the shelf.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Article {
    /// What it is called on the shelf.
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// In cents.
    #[schemars(range(min = 1, max = 1_000_000))]
    price: u64,
    /// How many there are, by the name of the shop.
    stock: BTreeMap<String, u32>,
    /// What goes well with it.
    related: Vec<Article>,
}

/// Why an order is refused.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum OrderError {
    /// There are fewer than were ordered.
    SoldOut {
        /// How many there are.
        left: u32,
    },
    /// The shop is closed.
    Closed,
}

/// A shop: what it has, and what it sells.
///
/// Prices are in cents. The example is `order`:
///
/// * it answers with the number of the order;
/// * it refuses what is sold out.
#[rpc_service(schema)]
pub(crate) trait Shop {
    /// The article of this name.
    #[rpc(idempotent, timeout = "5s", example = { "name": "lamp" })]
    async fn find(&self, name: String) -> Option<Article>;
    /// Orders some of an article.
    #[rpc(example = { "name": "lamp", "count": 2 })]
    async fn order(
        &self,
        name: String,
        #[schemars(range(min = 1, max = 100))] count: u32,
    ) -> Result<u64, OrderError>;
    /// Counts all orders.
    #[deprecated(since = "1.1.0", note = "Use `order`.")]
    async fn count(&self) -> u64;
    /// Answers after a minute.
    async fn slow(&self);
    /// New articles have come.
    #[rpc(notify)]
    async fn restock(&self, articles: Vec<Article>);
    /// The price of an article has changed. The topic is the market, such as `eu.de`.
    #[rpc(event)]
    async fn price_changed(&self, name: String, price: u64);
}

struct Shelves;

impl Shop for Shelves {
    async fn find(&self, name: String) -> Option<Article> {
        let article =
            Article { name, price: 1_999, stock: BTreeMap::from([("north".to_owned(), 3)]), related: vec![] };
        (article.name == "lamp").then_some(article)
    }

    async fn order(&self, _name: String, count: u32) -> Result<u64, OrderError> {
        match count {
            0..=10 => Ok(u64::MAX - u64::from(count)),
            _ => Err(OrderError::SoldOut { left: 10 }),
        }
    }

    async fn count(&self) -> u64 {
        0
    }

    async fn slow(&self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }

    async fn restock(&self, _articles: Vec<Article>) {}

    async fn price_changed(&self, _name: String, _price: u64) {}
}

/// A client of the service, in this process.
pub(crate) fn client() -> Client {
    Client::in_process(ShopServer::new(Shelves))
}

/// The service, and a second one that nobody serves.
pub(crate) fn services() -> Vec<ServiceDescription> {
    let mut absent = shop_description();
    absent.service = "absent".to_owned();
    absent.methods.retain(|method| method.name == "count");
    for method in &mut absent.methods {
        method.full_name = "absent.count".to_owned();
        method.routing_key = "absent.count".to_owned();
        method.queue = Some("absent".to_owned());
    }
    vec![shop_description(), absent]
}

pub(crate) fn docs() -> DocsServer {
    DocsServer::new(services(), Info::new("The shop", "1.2.0").description("All services of the shop."))
}

pub(crate) async fn with_try_it() -> RunningDocsServer {
    let docs = docs().try_it(client()).try_timeout(Duration::from_secs(2));
    docs.start().await.expect("a port of the loopback is free")
}
