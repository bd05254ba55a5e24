//! The contract of a warehouse, as a crate that holds nothing else.
//!
//! `amqp-rpc` is a dependency with `default-features = false`: this crate builds without lapin, tokio and rustls.
//! A program that depends on this crate, and on `amqp-rpc` with its default features, has `StockClient` and
//! `StockServer`.

use std::fmt;

use amqp_rpc::{Bytes, Context, rpc_service};
use serde::{Deserialize, Serialize};

/// Pieces of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// What it is.
    pub article: String,
    /// How many there are.
    pub count: u32,
}

/// Why pieces cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StockError {
    /// There are fewer.
    TooFew {
        /// How many there are.
        left: u32,
    },
}

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { left } => write!(f, "only {left} are left"),
        }
    }
}

impl std::error::Error for StockError {}

/// The stock of a warehouse.
#[rpc_service]
pub trait Stock {
    /// Takes pieces, and returns how many are left.
    #[rpc(at_most_once, timeout = "2s")]
    async fn take(&self, #[rpc(context)] cx: &Context, pieces: Pieces) -> Result<u32, StockError>;

    /// A picture of an article.
    #[rpc(idempotent)]
    async fn picture(&self, article: String) -> Bytes;

    /// Counts the pieces of an article again, which takes long.
    #[rpc(notify, blocking)]
    fn recount(&self, article: String);

    /// Pieces were delivered.
    #[rpc(event)]
    async fn delivered(&self, pieces: Pieces);
}
