//! The implementations of all variants: one service, an echo of a number as JSON, served and called in five
//! ways, and one-way messages, published in two.

mod best_by_hand;
mod everyday_by_hand;
mod one_way_by_hand;
mod one_way_with_amqp_rpc;
mod with_amqp_rpc;

pub(crate) use with_amqp_rpc::{EchoClient, UnservedClient};

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    child::{apply_loads, serve},
    role::{Role, Side},
    variant::Variant,
};

/// Serves, or applies loads, until the standard input ends.
pub(crate) async fn run(role: &Role) -> Result<(), Failure> {
    match (role.side, role.variant) {
        (Side::Server, Variant::AmqpRpc) => serve(with_amqp_rpc::start(role).await?).await,
        (Side::Server, Variant::Best) => serve(best_by_hand::start(role).await?).await,
        (Side::Server, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            serve(everyday_by_hand::start(role).await?).await
        }
        (Side::Server, Variant::Notify | Variant::NotifyBest | Variant::Event | Variant::EventBest) => {
            serve(one_way_with_amqp_rpc::start(role).await?).await
        }
        (Side::Client, Variant::AmqpRpc) => apply_loads(with_amqp_rpc::connect(role).await?).await,
        (Side::Client, Variant::Best) => apply_loads(best_by_hand::connect(role).await?).await,
        (Side::Client, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            apply_loads(everyday_by_hand::connect(role).await?).await
        }
        (Side::Client, Variant::Notify | Variant::Event) => {
            apply_loads(one_way_with_amqp_rpc::connect(role).await?).await
        }
        (Side::Client, Variant::NotifyBest | Variant::EventBest) => {
            apply_loads(one_way_by_hand::connect(role).await?).await
        }
    }
}

/// The request of the variants by hand; the generated one is its equal.
#[derive(Serialize, Deserialize)]
struct EchoRequest {
    n: u64,
}

/// The method behind the variants by hand; that of the trait is its equal.
async fn echo(request: EchoRequest) -> u64 {
    request.n
}

/// The pending calls of a variant by hand.
type PendingCalls<Id> = std::sync::Mutex<HashMap<Id, tokio::sync::oneshot::Sender<Vec<u8>>>>;
