//! Opens a link: declares and consumes its queues over a new connection.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{Connection, Operation, Request, TopologyError, chain, pipelined, random_share};
use futures_util::{StreamExt, future::try_join, stream};
use tokio::sync::watch;

use super::{Consumers, Link};
use crate::{
    error::StartError,
    server::{
        consume::QueueConsumer,
        services::{QueueKind, QueuePlan, ServiceSet},
        settings::Settings,
        topology::explain,
    },
};

/// The share of the time of an attempt that the broker has to declare the queue of reflection.
const REFLECTION_SHARE: u32 = 4;

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
            Ok(consumers) => {
                if let Some(instance) = &settings.services.reflection {
                    instance.name(|| connection.name());
                }
                Ok(Self::spawn(settings, connection, consumers))
            }
            Err(error) => {
                let error = explain(error, connection.broker(), connection.display_user());
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
    let declaring = services.declare(connection, settings.services.declare);
    let ((), reflection) = try_join(declaring, prepare_reflection(settings, services, connection)).await?;
    let mut consumers = Consumers::new(settings, services, connection).await?;
    let reflection = reflection.map(|queue| consumers.of(queue, connection));
    consumers.of_queues.extend(reflection);
    let timeout = connection.attempt_timeout();
    for listener in consumers.of_queues.iter().filter(|consumer| consumer.queue.kind == QueueKind::Listener) {
        listener.prepare(timeout).await?;
    }
    consume(consumers.of_queues.iter_mut().collect(), connection).await?;
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
    let (all, at_once) = (consumers.of_queues.len(), connection.declaring_channels());
    // All declarations together have half of the attempt's time.
    let timeout =
        |rounds: usize| connection.attempt_timeout() / u32::try_from(rounds).unwrap_or(u32::MAX).max(1) / 2;
    let each = timeout(all.div_ceil(at_once));
    let (denied, others): (Vec<_>, Vec<_>) =
        consumers.of_queues.iter_mut().partition(|consumer| consumer.queue.is_consume_denied());
    let mut refused = Refused { connection, errors: Vec::new() };
    let mut ready = Vec::new();
    // Each on a channel of its own, many at a time: one that hangs does not hold up the others.
    let preparing: Vec<_> = others.into_iter().map(|consumer| prepare(consumer, each)).collect();
    let preparing = async {
        let mut prepared = stream::iter(preparing).buffered(at_once);
        while let Some((prepared, consumer)) = prepared.next().await {
            match prepared {
                Ok(()) => ready.push(consumer),
                Err(error) => refused.add(consumer, error)?,
            }
        }
        Ok::<_, TopologyError>(())
    };
    let ((), reflection) = try_join(preparing, prepare_reflection(settings, services, connection)).await?;
    let mut consumes = !ready.is_empty();
    if consumes {
        consuming.send_replace(true);
        consume(ready, connection).await?;
    }
    // Those that were refused last time come last: another refusal would cost the channel.
    for consumer in denied {
        if consumes {
            break;
        }
        match consumer.prepare(timeout(all)).await {
            Ok(()) => {
                consuming.send_replace(true);
                consumer.consume().await?;
                consumes = true;
            }
            Err(error) => refused.add(consumer, error)?,
        }
    }
    // None is refused where everything was removed.
    match refused.errors.into_iter().next() {
        Some(error) if !consumes => return Err(error),
        _ => {}
    }
    // The last: a server that can be asked who it is, and serves nothing, would be of no use.
    if let Some(queue) = reflection {
        let mut consumer = consumers.of(queue, connection);
        consumer.consume().await?;
        consumers.of_queues.push(consumer);
    }
    Ok(consumers)
}

/// Declares the queue of requests to every server, while others are declared: a broker that is slow holds up a
/// start by a quarter of its time at most. `None` where there is no such queue, or where the broker refuses it.
async fn prepare_reflection(
    settings: &Settings,
    services: &ServiceSet,
    connection: &Connection,
) -> Result<Option<Arc<QueuePlan>>, TopologyError> {
    if let Some(instance) = &settings.services.reflection {
        instance.is_connected_anew();
    }
    let Some(queue) = services.reflection_queue() else { return Ok(None) };
    let queue = queue.for_connection(&settings.services.namespace);
    let timeout = connection.attempt_timeout() / REFLECTION_SHARE;
    match queue.declaration.declare(&connection.unobserved(), timeout).await {
        Ok(()) => Ok(Some(queue)),
        Err(lost) if !connection.is_connected() => Err(lost),
        Err(refused) => {
            settings.services.log_refused_reflection(&refused);
            Ok(None)
        }
    }
}

/// A queue that is being prepared, with the outcome.
type Preparing<'a> =
    Pin<Box<dyn Future<Output = (Result<(), TopologyError>, &'a mut QueueConsumer)> + Send + 'a>>;

fn prepare(consumer: &mut QueueConsumer, timeout: Duration) -> Preparing<'_> {
    Box::pin(async move { (consumer.prepare(timeout).await, consumer) })
}

/// Consumes queues that exist, without waiting for one before the next.
async fn consume(consumers: Vec<&mut QueueConsumer>, connection: &Connection) -> Result<(), TopologyError> {
    let names: Vec<_> = consumers.iter().map(|consumer| consumer.queue.name().to_owned()).collect();
    let consuming = consumers.into_iter().map(|consumer| Box::pin(consumer.consume()) as Request<'_, _>);
    pipelined(consuming.collect(), |answered| {
        let (queue, queues) = (&names[answered], names.len());
        connection.waits_for(format!("consume queue `{queue}` ({answered} of {queues} are consumed)"));
    })
    .await
}

/// The queues that the broker refuses.
struct Refused<'a> {
    connection: &'a Connection,
    errors: Vec<TopologyError>,
}

impl Refused<'_> {
    /// # Errors
    /// `error`, when the connection is lost.
    fn add(&mut self, consumer: &QueueConsumer, error: TopologyError) -> Result<(), TopologyError> {
        if !self.connection.is_connected() {
            return Err(error);
        }
        let (queue, of) = (consumer.queue.name(), &error.name);
        tracing::warn!(queue, of, error = %chain(&error.source), "the queue cannot be consumed yet");
        self.errors.push(error);
        Ok(())
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
        // That of reflection is prepared by itself.
        let queues = services.queues.iter().filter(|queue| queue.kind != QueueKind::Reflection);
        let queues = queues.map(|queue| queue.for_connection(namespace));
        let mut of_queues: Vec<_> =
            queues.map(|queue| QueueConsumer::new(queue, connection.clone(), channel.clone())).collect();
        // Partitions come last, each server's in another order: who consumes a partition first has it, and servers that
        // start together share them so.
        of_queues.sort_by_cached_key(|consumer| {
            let is_partition = consumer.queue.partition.is_some();
            (is_partition, if is_partition { (random_share() * f64::from(u32::MAX)) as u32 } else { 0 })
        });
        Ok(Self { channel, of_queues })
    }

    /// The consumer of one more queue, on the same channel.
    fn of(&self, queue: Arc<QueuePlan>, connection: &Connection) -> QueueConsumer {
        QueueConsumer::new(queue, connection.clone(), self.channel.clone())
    }
}
