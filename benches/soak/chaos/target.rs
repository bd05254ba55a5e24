//! The broker under the calls, of either kind.

use super::{embedded::Embedded, rabbitmq::RabbitMq};
use crate::{Failure, dice::Dice, journal::Journal, options::Plan};

pub(crate) enum Target {
    Embedded(Embedded),
    RabbitMq(RabbitMq),
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) ready: u64,
    pub(crate) unacked: u64,
}

/// Whether the queue belongs to a connection: for replies, or of a listener.
pub(super) fn is_of_a_connection(queue: &str) -> bool {
    queue.starts_with("amqp-rpc.reply.") || queue.starts_with("amqp-rpc.events.")
}

impl Target {
    /// The broker of this run, with a virtual host of its own.
    pub(crate) async fn of(plan: &Plan) -> Result<Self, Failure> {
        Ok(match &plan.rabbitmq {
            Some(url) => Self::RabbitMq(RabbitMq::prepare(url).await?),
            None => Self::Embedded(Embedded::start().await?),
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "the embedded broker",
            Self::RabbitMq(_) => "RabbitMQ",
        }
    }

    pub(crate) fn uri(&self) -> String {
        match self {
            Self::Embedded(broker) => broker.uri(),
            Self::RabbitMq(broker) => broker.uri(),
        }
    }

    /// Breaks something, and says what it was.
    pub(super) async fn disturb(&mut self, dice: &mut Dice, journal: &Journal) -> String {
        match self {
            Self::Embedded(broker) => broker.disturb(dice, journal).await,
            Self::RabbitMq(broker) => broker.disturb(dice, journal).await,
        }
    }

    /// Takes back whatever still disturbs.
    pub(super) async fn calm(&mut self) {
        match self {
            Self::Embedded(broker) => broker.calm().await,
            Self::RabbitMq(broker) => broker.calm().await,
        }
    }

    /// The names of the clients' queues for replies.
    pub(super) async fn reply_queues(&self) -> Vec<String> {
        let queues = match self {
            Self::Embedded(broker) => broker.queues().await,
            Self::RabbitMq(broker) => broker.queues().await,
        };
        queues.into_iter().filter(|queue| queue.starts_with("amqp-rpc.reply.")).collect()
    }

    /// `None` when there is no such queue.
    pub(crate) async fn depth(&self, queue: &str) -> Option<Depth> {
        match self {
            Self::Embedded(broker) => broker.depth(queue).await,
            Self::RabbitMq(broker) => broker.depth(queue).await,
        }
    }

    /// The bodies of the messages that wait in a queue, where the broker shows them.
    pub(crate) async fn peek(&self, queue: &str) -> Vec<Vec<u8>> {
        match self {
            Self::Embedded(broker) => broker.peek(queue).await,
            Self::RabbitMq(_) => Vec::new(),
        }
    }

    /// Leaves nothing behind.
    pub(crate) async fn finish(self) {
        match self {
            Self::Embedded(broker) => broker.finish().await,
            Self::RabbitMq(broker) => broker.finish().await,
        }
    }
}
