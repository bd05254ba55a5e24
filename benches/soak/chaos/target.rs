//! The broker of the run: embedded, or RabbitMQ.

use super::{embedded::Embedded, queue::Depth, rabbitmq::RabbitMq};
use crate::{Failure, ledgers::journal::Journal, options::Options, random::Rng};

pub(crate) enum Target {
    Embedded(Embedded),
    RabbitMq(RabbitMq),
}

impl Target {
    /// The broker of this run, with a new virtual host.
    pub(crate) async fn of(options: &Options) -> Result<Self, Failure> {
        Ok(match &options.rabbitmq {
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

    /// Makes one fault, and returns its name.
    pub(super) async fn disturb(&mut self, rng: &mut Rng, journal: &Journal) -> String {
        match self {
            Self::Embedded(broker) => broker.disturb(rng, journal).await,
            Self::RabbitMq(broker) => broker.disturb(rng, journal).await,
        }
    }

    /// Ends all faults.
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

    /// The bodies of the messages in a queue. Empty on RabbitMQ.
    pub(crate) async fn peek(&self, queue: &str) -> Vec<Vec<u8>> {
        match self {
            Self::Embedded(broker) => broker.peek(queue).await,
            Self::RabbitMq(_) => Vec::new(),
        }
    }

    /// Removes everything that the run made.
    pub(crate) async fn finish(self) {
        match self {
            Self::Embedded(broker) => broker.finish().await,
            Self::RabbitMq(broker) => broker.finish().await,
        }
    }
}
