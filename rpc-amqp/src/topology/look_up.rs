//! Looking for exchanges and queues by passive declarations.

use lapin::{options::QueueDeclareOptions, types::ShortString};

use super::{Exchange, ExchangeKind, declare::declare_exchange};
use crate::{
    connect::connect,
    connection::Connection,
    convert,
    error::{BrokerError, ConnectError},
    reply_code,
};

/// The consumers of a queue, and the messages that wait in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// How many consumers it has.
    pub consumers: u32,
    /// How many messages wait in it.
    pub waiting: u32,
}

impl Connection {
    /// Whether an exchange exists. The default one always does.
    pub async fn exchange_exists(&self, name: &str) -> Result<bool, BrokerError> {
        if name.is_empty() {
            return Ok(true);
        }
        let exchange = Exchange { name: name.to_owned(), kind: ExchangeKind::Direct };
        Ok(self.look_up(Target::Exchange(exchange)).await? != LookUp::Missing)
    }

    /// The state of a queue, or `None` where there is no such queue.
    pub async fn queue_status(&self, queue: &str) -> Result<Option<QueueStatus>, BrokerError> {
        let name = convert::short_string("queue", queue)?;
        Ok(match self.look_up(Target::Queue(name)).await? {
            LookUp::Missing => None,
            LookUp::Exists { consumers, waiting } => Some(QueueStatus { consumers, waiting }),
        })
    }

    async fn look_up(&self, question: Target) -> Result<LookUp, BrokerError> {
        if !self.has_spent_its_channels() {
            return self.look_up_on(question).await;
        }
        let (options, inbound) = self.options();
        let asked = connect(options, inbound, async |other: Connection| {
            let answer = other.look_up_on(question).await;
            other.close().await;
            Ok(answer)
        });
        asked.await.unwrap_or_else(|error: ConnectError| Err(BrokerError::new(None, error.to_string())))
    }

    /// Asks on a channel of its own, which the broker closes when it says no.
    async fn look_up_on(&self, question: Target) -> Result<LookUp, BrokerError> {
        let channel = self.open_channel().await?;
        // Goes on until the broker has answered or the connection is gone, whether or not somebody still
        // waits for it: lapin closes a channel that nobody holds, and takes a refusal that crosses its close
        // for the end of the whole connection.
        let asking = tokio::spawn(async move {
            let answer = question.declare_passively(&channel).await;
            if answer.is_ok() {
                let _ = channel.close(200, "answered".into()).await;
            }
            answer
        });
        let asked = asking.await.unwrap_or_else(|ended| Err(BrokerError::new(None, ended.to_string())));
        match asked {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.count_spent_channel();
                if error.code() == Some(reply_code::NOT_FOUND) { Ok(LookUp::Missing) } else { Err(error) }
            }
        }
    }
}

/// What is asked by a passive declaration.
enum Target {
    Exchange(Exchange),
    Queue(ShortString),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookUp {
    Missing,
    /// The counts are those of a queue.
    Exists {
        consumers: u32,
        waiting: u32,
    },
}

impl Target {
    async fn declare_passively(&self, channel: &lapin::Channel) -> Result<LookUp, BrokerError> {
        match self {
            Self::Exchange(exchange) => {
                declare_exchange(channel, exchange, true).await?;
                Ok(LookUp::Exists { consumers: 0, waiting: 0 })
            }
            Self::Queue(name) => {
                let passive = QueueDeclareOptions { passive: true, ..Default::default() };
                let queue = channel.queue_declare(name.clone(), passive, Default::default()).await?;
                Ok(LookUp::Exists { consumers: queue.consumer_count(), waiting: queue.message_count() })
            }
        }
    }
}
