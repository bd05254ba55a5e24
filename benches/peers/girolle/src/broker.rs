//! What girolle leaves undone on the broker: nameko's exchange, which it needs, and whether its server is there yet.

use std::time::{Duration, Instant};

use amqp_rpc_bench_harness::{Failure, runtime};
use lapin::{
    Connection, ConnectionProperties, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::FieldTable,
};

const LONGEST_START: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

pub(crate) fn declare_exchange(url: &str) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel
            .exchange_declare("nameko-rpc".into(), ExchangeKind::Topic, durable, FieldTable::default())
            .await?;
        Ok(connection.close(200, "declared".into()).await?)
    })
}

/// Waits until the queue has a consumer: girolle's client never gives up a call that no queue took.
pub(crate) async fn await_server(url: &str, service: &str) -> Result<(), Failure> {
    let begin = Instant::now();
    while !has_consumer(url, service).await? {
        if begin.elapsed() > LONGEST_START {
            return Err(format!("no server after {LONGEST_START:?}").into());
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// On a connection of its own: a queue that is not there closes the channel.
async fn has_consumer(url: &str, service: &str) -> Result<bool, Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    let queue = channel.queue_declare(format!("rpc-{service}").into(), passive, FieldTable::default()).await;
    Ok(queue.is_ok_and(|queue| queue.consumer_count() > 0))
}
