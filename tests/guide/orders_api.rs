use amqp_rpc::rpc_service;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub number: u64,
    pub item: String,
    pub cents: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum OrdersError {
    #[error("there is no order {number}")]
    Missing { number: u64 },
    #[error("{item} is sold out")]
    SoldOut { item: String },
}

/// Orders of a shop.
#[rpc_service]
pub trait Orders {
    /// Takes an order.
    #[rpc(at_most_once, timeout = "2s")]
    async fn place(&self, item: String) -> Result<Order, OrdersError>;
    /// An order by its number.
    #[rpc(idempotent, timeout = "2s")]
    async fn get(&self, number: u64) -> Result<Order, OrdersError>;
}

/// What happens to orders.
#[rpc_service]
pub trait OrderNews {
    /// An order was placed.
    #[rpc(event)]
    async fn placed(&self, order: Order);
}
