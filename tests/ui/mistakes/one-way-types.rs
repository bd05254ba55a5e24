//! A notification or an event has no reply: its value must be `()`, and its error is only logged.

use amqp_rpc::rpc_service;
use serde::{Deserialize, Serialize};

/// It can be sent, but has no `Display`.
#[derive(Serialize, Deserialize)]
struct Silent;

type Result<T> = core::result::Result<T, String>;

#[rpc_service]
trait Mail {
    #[rpc(notify)]
    async fn send(&self, to: String) -> core::result::Result<(), Silent>;
    #[rpc(event)]
    async fn sent(&self, to: String) -> Result<u64>;
}

fn main() {}
