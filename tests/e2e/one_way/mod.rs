//! One-way messages as their senders see them: notifications for one server, events for all subscribers.

mod broker_faults;
mod lost_connection;
mod notify;
mod overloaded;
mod publish;

use std::sync::Arc;

use amqp_rpc::{Context, rpc_service};
use lapin::{
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use tokio::sync::{mpsc, watch};

use crate::support::{RawPeer, raw_peer::Inbox};

/// Notifications, and an event.
#[rpc_service]
trait Mail {
    /// Sends a letter. `bounce` fails, `explode` panics.
    #[rpc(notify)]
    async fn send(&self, to: String) -> Result<(), Undeliverable>;
    /// The same, idempotent.
    #[rpc(notify, idempotent)]
    async fn send_again(&self, to: String, #[rpc(context)] cx: &Context);
    #[rpc(notify, blocking)]
    fn stamp(&self, letters: u32);
    #[rpc(event)]
    async fn sent(&self, to: String);
}

#[derive(Debug, thiserror::Error)]
#[error("nobody lives there")]
struct Undeliverable;

/// Sends what it receives to the test.
struct Postman {
    name: &'static str,
    letters: mpsc::UnboundedSender<(&'static str, String)>,
    gate: Option<watch::Receiver<bool>>,
}

impl Postman {
    fn new(name: &'static str, letters: &mpsc::UnboundedSender<(&'static str, String)>) -> Arc<Self> {
        Arc::new(Self { name, letters: letters.clone(), gate: None })
    }

    fn deliver(&self, letter: impl Into<String>) {
        self.letters.send((self.name, letter.into())).expect("the test listens");
    }
}

impl Mail for Postman {
    async fn send(&self, to: String) -> Result<(), Undeliverable> {
        if let Some(mut gate) = self.gate.clone() {
            gate.wait_for(|open| *open).await.expect("the test holds the gate");
        }
        assert_ne!(to, "explode");
        if to == "bounce" {
            return Err(Undeliverable);
        }
        self.deliver(to);
        Ok(())
    }

    async fn send_again(&self, to: String, cx: &Context) {
        self.deliver(format!("{to} {}", cx.message_id().unwrap_or("-")));
    }

    fn stamp(&self, letters: u32) {
        self.deliver(letters.to_string());
    }

    async fn sent(&self, to: String) {
        self.deliver(to);
    }
}

/// Binds a queue of the test to an exchange, and consumes it.
async fn bind_observer(
    uri: &str,
    exchange: &str,
    kind: lapin::ExchangeKind,
    keys: &[&str],
) -> (RawPeer, Inbox) {
    let peer = RawPeer::connect(uri).await;
    bind(&peer, "observer", FieldTable::default(), exchange, kind, keys).await;
    let inbox = peer.consume("observer", 0).await;
    (peer, inbox)
}

async fn bind(
    peer: &RawPeer,
    queue: &str,
    arguments: FieldTable,
    exchange: &str,
    kind: lapin::ExchangeKind,
    keys: &[&str],
) {
    let channel = peer.open_channel().await;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel
        .exchange_declare(exchange.into(), kind, durable, FieldTable::default())
        .await
        .expect("the exchange is declared");
    peer.declare_queue(queue, QueueDeclareOptions::durable(), arguments).await;
    for key in keys {
        let options = QueueBindOptions::default();
        let bound =
            channel.queue_bind(queue.into(), exchange.into(), (*key).into(), options, FieldTable::default());
        bound.await.expect("the queue is bound");
    }
}

/// A queue that takes one message and refuses every further one.
async fn bind_a_full_queue(peer: &RawPeer, exchange: &str, kind: lapin::ExchangeKind, key: &str) {
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(1));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    bind(peer, "full", arguments, exchange, kind, &[key]).await;
    peer.publish("", "full", Default::default(), b"the one that has a place").await;
}
