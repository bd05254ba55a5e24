//! The broker beside the measurements: whether it is there, which process it is, and leaving nothing on it.
#![allow(clippy::disallowed_types, reason = "deletes what this library declares and never deletes")]

use lapin::{Connection, ConnectionProperties};

use crate::{Failure, options::Plan, variant::Variant};

const WHAT_TO_DO: &str = "run `scripts/with-rabbitmq.sh cargo bench --bench throughput`, which brings a RabbitMQ, \
                          or set AMQP_URL";

/// # Errors
/// One line that says what to do.
pub(crate) async fn is_reachable(plan: &Plan) -> Result<(), Failure> {
    match Connection::connect(&plan.url, ConnectionProperties::default()).await {
        Ok(connection) => Ok(connection.close(200, "reachable".into()).await?),
        Err(error) => Err(format!("no broker to measure with ({error}): {WHAT_TO_DO}").into()),
    }
}

/// The broker's process, where `scripts/rabbitmq.sh` started it.
pub(crate) fn process() -> Option<u32> {
    let directory = std::env::var_os("AMQP_RPC_TEST_BROKER_DIR")?;
    let id = std::fs::read_to_string(std::path::Path::new(&directory).join("beam.pid")).ok()?;
    id.trim().parse().ok()
}

/// Deletes the exchanges and queues that begin with `prefix`.
pub(crate) async fn clean(plan: &Plan, prefix: &str) -> Result<(), Failure> {
    let connection = Connection::connect(&plan.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let ours = ["echo", "echo.dead"].into_iter();
    for queue in ours.chain(Variant::ALL.map(Variant::name)) {
        channel.queue_delete(format!("{prefix}.{queue}").into(), Default::default()).await?;
    }
    for exchange in ["amqp-rpc", "amqp-rpc.dead", "by-hand"] {
        channel.exchange_delete(format!("{prefix}.{exchange}").into(), Default::default()).await?;
    }
    Ok(connection.close(200, "measured".into()).await?)
}
