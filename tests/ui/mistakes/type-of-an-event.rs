//! An event is named like its type: the parameter that has this name means another one.

use amqp_rpc::rpc_service;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    number: u64,
}

#[rpc_service]
trait Order {
    #[rpc(event)]
    async fn placed(&self, order: OrderPlaced);
}

fn main() {
    let _ = OrderPlaced { number: 7 };
}
