//! The broker beside the measurements: which process it is, and leaving nothing on it.
#![allow(clippy::disallowed_types, reason = "deletes what this library declares and never deletes")]

use std::time::Duration;

use lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};

use crate::{Failure, options::Options, variant::Variant};

const WHAT_TO_DO: &str = "run `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench throughput`, which brings a RabbitMQ, \
                          or set AMQP_URL";

/// The broker's process, where `scripts/rabbitmq.sh` started it.
pub(crate) fn process() -> Option<u32> {
    let directory = std::env::var_os("AMQP_RPC_TEST_BROKER_DIR")?;
    let id = std::fs::read_to_string(std::path::Path::new(&directory).join("beam.pid")).ok()?;
    id.trim().parse().ok()
}

/// Deletes the queues and exchanges of all variants.
///
/// # Errors
/// Without a broker: one line that says what to do.
pub(crate) async fn clean(options: &Options) -> Result<(), Failure> {
    let connection = Connection::connect(&options.url, ConnectionProperties::default())
        .await
        .map_err(|error| format!("no broker to measure with ({error}): {WHAT_TO_DO}"))?;
    let channel = connection.create_channel().await?;
    for variant in Variant::all() {
        channel.queue_delete(variant.queue().into(), Default::default()).await?;
        channel.exchange_delete(variant.exchange().into(), Default::default()).await?;
    }
    Ok(connection.close(200, "cleaned".into()).await?)
}

/// Waits until the server of `variant` has taken all that its queue holds: who is confirmed may be faster
/// than who takes it.
pub(crate) async fn drained(options: &Options, variant: Variant) -> Result<(), Failure> {
    let connection = Connection::connect(&options.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    loop {
        let queue = channel.queue_declare(variant.queue().into(), passive, FieldTable::default()).await?;
        if queue.message_count() == 0 {
            return Ok(connection.close(200, "drained".into()).await?);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
