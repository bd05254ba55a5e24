//! A virtual host of the embedded broker: each test starts its own broker.
//!
//! `AMQP_RPC_TEST_LIKE` names the broker whose rules it follows: `rabbitmq-3.10`, `rabbitmq-4.3` or `lavinmq`.

use std::env;

use amqp_rpc_broker::{Broker, Builder, Like, Permissions as Patterns, QueueInfo, Vhost};

use super::{permissions::Permissions, queue_state::QueueState};

/// The one virtual host of a broker that stops when this is dropped.
#[derive(Debug)]
pub(crate) struct EmbeddedVhost {
    broker: Broker,
    name: String,
}

impl EmbeddedVhost {
    pub(crate) async fn create(name: &str) -> Self {
        let broker = embedded_broker().start().await.expect("the loopback has a free port");
        broker.add_vhost(name);
        Self { broker, name: name.to_owned() }
    }

    pub(crate) fn uri(&self) -> String {
        self.broker.uri_of(&self.name)
    }

    pub(crate) async fn add_user(
        &mut self,
        user: &str,
        password: &str,
        permissions: Permissions<'_>,
    ) -> String {
        let patterns = Patterns::new(permissions.configure, permissions.write, permissions.read);
        self.broker.add_user(user, password);
        self.broker.set_permissions(user, &self.name, patterns.expect("tests write valid patterns"));
        self.broker.uri_as(user, password, &self.name)
    }

    pub(crate) async fn queue(&self, queue: &str) -> Option<QueueState> {
        self.vhost().queue(queue).await.map(|queue| state(&queue))
    }

    pub(crate) async fn queues(&self) -> Vec<String> {
        self.vhost().queues().await.into_iter().map(|queue| queue.name).collect()
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        assert!(self.vhost().delete_queue(queue).await, "queue {queue} does not exist");
    }

    pub(crate) async fn connections(&self) -> usize {
        self.vhost().connection_count().await
    }

    pub(crate) async fn connection_names(&self) -> Vec<String> {
        self.vhost().connection_names().await
    }

    pub(crate) async fn channels(&self) -> usize {
        self.vhost().channel_count().await
    }

    pub(crate) async fn close_all_connections(&self) -> usize {
        self.vhost().close_connections("closed by a test").await
    }

    fn vhost(&self) -> Vhost {
        self.broker.vhost(&self.name).expect("it was added and is never removed")
    }
}

/// Builds an embedded broker that follows the rules of `AMQP_RPC_TEST_LIKE`.
pub(crate) fn embedded_broker() -> Builder {
    Broker::builder().like(likeness())
}

/// Builds an embedded broker that blocks publishers when it is low on memory or disk: the broker of
/// `AMQP_RPC_TEST_LIKE`, or another one in place of LavinMQ, which refuses messages instead.
pub(crate) fn blocking_broker() -> Builder {
    match likeness() {
        Like::LavinMq => Broker::builder(),
        like => Broker::builder().like(like),
    }
}

/// The broker whose rules the embedded brokers of this run follow.
pub(super) fn likeness() -> Like {
    let Some(like) = env::var_os("AMQP_RPC_TEST_LIKE") else { return Like::default() };
    match like.to_str() {
        Some("rabbitmq-3.10") => Like::RabbitMq3_10,
        Some("rabbitmq-4.3") => Like::RabbitMq4_3,
        Some("lavinmq") => Like::LavinMq,
        _ => panic!("AMQP_RPC_TEST_LIKE={like:?} is none of rabbitmq-3.10, rabbitmq-4.3, lavinmq"),
    }
}

fn state(queue: &QueueInfo) -> QueueState {
    let count = |messages| u64::try_from(messages).expect("a count fits");
    QueueState { ready: count(queue.ready), unacked: count(queue.unacked), consumers: count(queue.consumers) }
}
