//! Looks up exchanges and queues by passive declarations.

use lapin::{options::QueueDeclareOptions, types::ShortString};

use super::{Exchange, ExchangeKind, declare::declare_exchange, new_connection::on_new_connection};
use crate::{connection::Connection, convert::short_string, error::BrokerError, reply_code};

/// The consumers and the waiting messages of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// The number of consumers.
    pub consumers: u32,
    /// The number of messages that wait in the queue.
    pub waiting: u32,
}

impl Connection {
    /// Returns whether an exchange exists. The default exchange always does.
    ///
    /// # Errors
    /// When the broker refuses the lookup, or the connection was lost.
    pub async fn exchange_exists(&self, name: &str) -> Result<bool, BrokerError> {
        if name.is_empty() {
            return Ok(true);
        }
        // A passive declaration compares nothing but the name.
        let exchange = Exchange::durable(name, ExchangeKind::Direct);
        Ok(self.look_up(Target::Exchange(exchange)).await? != LookUp::Missing)
    }

    /// The status of a queue, or `None` when it does not exist.
    ///
    /// # Errors
    /// When the broker refuses the lookup, or the connection was lost.
    pub async fn queue_status(&self, queue: &str) -> Result<Option<QueueStatus>, BrokerError> {
        let name = short_string("queue", queue)?;
        Ok(match self.look_up(Target::Queue(name)).await? {
            LookUp::Missing => None,
            LookUp::Exists(status) => Some(status),
        })
    }

    async fn look_up(&self, target: Target) -> Result<LookUp, BrokerError> {
        if !self.has_leaked_too_many_channels() {
            return self.look_up_on_new_channel(target).await;
        }
        on_new_connection(self, async |other| other.look_up_on_new_channel(target).await).await?
    }

    async fn look_up_on_new_channel(&self, target: Target) -> Result<LookUp, BrokerError> {
        let channel = self.open_channel().await?;
        // A task, so that it continues until the broker answers or the connection ends, even if the caller
        // stops waiting. lapin closes a channel whose last handle is dropped. If the broker's own close
        // crosses that, lapin takes it for the end of the whole connection.
        let lookup = tokio::spawn(async move {
            let result = target.declare_passively(&channel).await;
            if result.is_ok() {
                let _ = channel.close(200, "lookup done".into()).await;
            }
            result
        });
        let result = lookup.await.unwrap_or_else(|ended| Err(BrokerError::new(None, ended.to_string())));
        match result {
            Ok(found) => Ok(found),
            Err(error) => {
                self.count_leaked_channel();
                if error.code() == Some(reply_code::NOT_FOUND) { Ok(LookUp::Missing) } else { Err(error) }
            }
        }
    }
}

/// The exchange or queue to look up.
enum Target {
    Exchange(Exchange),
    Queue(ShortString),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookUp {
    Missing,
    /// For an exchange the counts are 0.
    Exists(QueueStatus),
}

impl Target {
    async fn declare_passively(&self, channel: &lapin::Channel) -> Result<LookUp, BrokerError> {
        let (consumers, waiting) = match self {
            Self::Exchange(exchange) => {
                declare_exchange(channel, exchange, true).await?;
                (0, 0)
            }
            Self::Queue(name) => {
                let passive = QueueDeclareOptions { passive: true, ..Default::default() };
                let queue = channel.queue_declare(name.clone(), passive, Default::default()).await?;
                (queue.consumer_count(), queue.message_count())
            }
        };
        Ok(LookUp::Exists(QueueStatus { consumers, waiting }))
    }
}
