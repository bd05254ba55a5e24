//! Opens a link: declares and consumes its queues over a new connection.

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{Connection, Operation, TopologyError, chain};
use tokio::sync::watch;

use super::{Consumers, Link};
use crate::{
    error::StartError,
    server::{
        consume::QueueConsumer,
        services::{QueueKind, ServiceSet},
        settings::Settings,
        topology::explain,
    },
};

impl Link {
    /// Opens the first link of a server. Every queue must be there.
    pub(crate) async fn first(
        settings: &Arc<Settings>,
        services: &ServiceSet,
        connection: Connection,
    ) -> Result<Self, StartError> {
        if let Err(error) = services.check_broker(connection.broker()) {
            connection.close().await;
            return Err(error);
        }
        let opened = open_all(settings, services, &connection).await;
        Self::begin(settings, connection, opened).await
    }

    /// Opens a later link. A queue that is refused is tried again while the others are served, unless all of
    /// them are. `consuming` turns true with the first consumer.
    ///
    /// When a consumer is refused, the attempt has failed, and the next one leaves its queue to the queue's
    /// worker.
    pub(crate) async fn next(
        settings: &Arc<Settings>,
        services: &ServiceSet,
        connection: Connection,
        consuming: &watch::Sender<bool>,
    ) -> Result<Self, StartError> {
        let opened = open_possible(settings, services, &connection, consuming).await;
        Self::begin(settings, connection, opened).await
    }

    async fn begin(
        settings: &Arc<Settings>,
        connection: Connection,
        opened: Result<Consumers, TopologyError>,
    ) -> Result<Self, StartError> {
        match opened {
            Ok(consumers) => Ok(Self::spawn(settings, connection, consumers)),
            Err(error) => {
                let error = explain(error, &connection);
                connection.close().await;
                Err(error)
            }
        }
    }
}

/// Consumes every queue.
async fn open_all(
    settings: &Settings,
    services: &ServiceSet,
    connection: &Connection,
) -> Result<Consumers, TopologyError> {
    services.declare(connection, settings.services.declare).await?;
    let mut consumers = Consumers::new(settings, services, connection).await?;
    let timeout = connection.attempt_timeout();
    for consumer in &mut consumers.of_queues {
        if consumer.queue.kind == QueueKind::Listener {
            consumer.prepare(timeout).await?;
        }
        consumer.consume().await?;
    }
    Ok(consumers)
}

/// Consumes the queues that are not refused.
async fn open_possible(
    settings: &Settings,
    services: &ServiceSet,
    connection: &Connection,
    consuming: &watch::Sender<bool>,
) -> Result<Consumers, TopologyError> {
    let mut consumers = Consumers::new(settings, services, connection).await?;
    let mut refused = Vec::new();
    let timeout = consumers.declare_timeout(connection);
    // Those that were refused last time come last: another refusal would cost the channel.
    let (denied, others): (Vec<_>, Vec<_>) =
        consumers.of_queues.iter_mut().partition(|consumer| consumer.queue.is_consume_denied());
    let mut consumes = false;
    for consumer in others.into_iter().chain(denied) {
        if consumes && consumer.queue.is_consume_denied() {
            break;
        }
        match consumer.prepare(timeout).await {
            Ok(()) => {
                consuming.send_replace(true);
                consumer.consume().await?;
                consumes = true;
            }
            Err(error) if connection.is_connected() => {
                let (queue, of) = (consumer.queue.name(), &error.name);
                tracing::warn!(queue, of, error = %chain(&error.source), "the queue cannot be consumed yet");
                refused.push(error);
            }
            Err(lost) => return Err(lost),
        }
    }
    // None is refused where everything was removed.
    match refused.into_iter().next() {
        Some(error) if !consumes => Err(error),
        _ => Ok(consumers),
    }
}

impl Consumers {
    /// Opens a channel, and consumes no queue yet.
    async fn new(
        settings: &Settings,
        services: &ServiceSet,
        connection: &Connection,
    ) -> Result<Self, TopologyError> {
        let first = || services.queues.first().map_or(String::new(), |queue| queue.name().to_owned());
        let refused = |source| TopologyError { operation: Operation::ConsumeQueue, name: first(), source };
        let channel = connection.open_data_channel().await.map_err(refused)?;
        let namespace = &settings.services.namespace;
        let queues = services.queues.iter().map(|queue| queue.for_connection(namespace));
        let of_queues =
            queues.map(|queue| QueueConsumer::new(queue, connection.clone(), channel.clone())).collect();
        Ok(Self { channel, of_queues })
    }

    /// Returns how long the declaration of one queue may take: all of them together have half of the
    /// attempt's time.
    fn declare_timeout(&self, connection: &Connection) -> Duration {
        let queues = u32::try_from(self.of_queues.len()).unwrap_or(u32::MAX).max(1);
        connection.attempt_timeout() / queues / 2
    }
}
