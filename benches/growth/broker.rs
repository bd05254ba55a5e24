//! What is on the broker: how many requests wait, and leaving nothing on it.
#![allow(clippy::disallowed_types, reason = "asks and deletes what this library does not")]

use std::time::{Duration, Instant};

use amqp_rpc_bench_harness::Failure;
use lapin::{Channel, Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};

use crate::echo;

const LONGEST_WAIT: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Deletes all queues, and the exchange.
///
/// # Errors
/// Without a broker: one line that says what to do.
pub(crate) async fn clean(url: &str) -> Result<(), Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.map_err(|error| {
        format!("no broker to measure with ({error}): run scripts/with-rabbitmq.sh, or set AMQP_URL")
    })?;
    let channel = connection.create_channel().await?;
    for service in 0..echo::MOST_SERVICES {
        channel.queue_delete(echo::queue(service).into(), Default::default()).await?;
    }
    channel.exchange_delete(format!("{}.amqp-rpc", echo::NAMESPACE).into(), Default::default()).await?;
    Ok(connection.close(200, "cleaned".into()).await?)
}

/// Looks at the queue of the first service.
pub(crate) struct Observer {
    connection: Connection,
    channel: Channel,
}

impl Observer {
    pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        Ok(Self { connection, channel })
    }

    /// Waits until so many requests are in the queue, which nobody serves meanwhile.
    pub(crate) async fn await_requests(self, requests: usize) -> Result<(), Failure> {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let begin = Instant::now();
        loop {
            let look = self.channel.queue_declare(echo::queue(0).into(), passive, FieldTable::default());
            let found = look.await?.message_count();
            if found as usize >= requests {
                return Ok(self.connection.close(200, "seen".into()).await?);
            }
            if begin.elapsed() > LONGEST_WAIT {
                return Err(format!("{found} of {requests} requests are in the queue").into());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}
