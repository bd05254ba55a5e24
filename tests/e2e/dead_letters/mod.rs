//! Dead letters: messages that failed without a caller, as the server keeps them in `{queue}.dead`.

mod broker_faults;
mod cut;
mod kept;
mod lavinmq;
mod overflow;
mod poison;
mod upgrade;

use amqp_rpc::rpc_service;
use lapin::{
    BasicProperties,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};

use crate::support::{RawPeer, Vhost, await_until};

#[rpc_service]
trait Jobs {
    #[rpc(notify)]
    async fn fails(&self, why: String) -> Result<(), std::io::Error>;
    async fn answers(&self, n: u64) -> u64;
}

struct Failing;

impl Jobs for Failing {
    async fn fails(&self, why: String) -> Result<(), std::io::Error> {
        Err(std::io::Error::other(why))
    }

    async fn answers(&self, n: u64) -> u64 {
        n
    }
}

const JOB: &[u8] = br#"{"why":"on purpose"}"#;

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn arguments<const N: usize>(arguments: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    table
}

const DURABLE: QueueDeclareOptions = QueueDeclareOptions {
    passive: false,
    durable: true,
    exclusive: false,
    auto_delete: false,
    nowait: false,
};

/// Publishes a message that waits a moment in another queue, expires there, and comes to `key` as a dead
/// letter of that queue: the usual way to do something later.
async fn publish_later(peer: &RawPeer, key: &str, properties: BasicProperties, body: &[u8]) {
    let delay = arguments([
        ("x-message-ttl", AMQPValue::LongInt(20)),
        ("x-dead-letter-exchange", text("amqp-rpc")),
        ("x-dead-letter-routing-key", text(key)),
    ]);
    peer.declare_queue("delay", DURABLE, delay).await;
    peer.publish("", "delay", properties, body).await;
}

/// Waits until `queue` is settled and its dead letters are this many.
async fn until_dead(vhost: &Vhost, queue: &str, letters: u64) {
    let dead = format!("{queue}.dead");
    await_until(&format!("{letters} dead letters"), || async {
        vhost.existing_queue(&dead).await.ready == letters && vhost.existing_queue(queue).await.is_settled()
    })
    .await;
}
