//! Applies a change to a link: declares what is new on other channels first, and consumes it then.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{Binding, BrokerError, Connection, Operation, TopologyError};

use super::Link;
use crate::{
    error::{ChangeError, StartError},
    server::{
        consume::QueueConsumer,
        services::{Change, QueueKind, QueuePlan},
        session::workers::ReplacedPlan,
        topology::{explain, no_answer},
    },
};

/// How long a change may go on once it is known that it cannot be made.
///
/// Requests that are delivered to a consumer which is left behind come again marked as redelivered; and a
/// change that has cost the channel is to fail with the reason.
const GRACE: Duration = Duration::from_secs(1);

/// The steps that were made.
#[derive(Default)]
struct Progress {
    consumers: Vec<QueueConsumer>,
    /// The earlier plans of queues that are served by other plans now.
    before: Vec<Arc<QueuePlan>>,
}

impl Link {
    /// Serves what `change` adds, on this channel, after the bindings `unbound` were removed. What is served
    /// already is not disturbed.
    ///
    /// # Errors
    /// When the broker refuses it; then everything is served as before, but for a refused consumer, which
    /// costs the link. `NotConnected` when the link is lost meanwhile, and `Ended` when the server is
    /// `stopped`: neither waits for a broker that does not answer.
    pub(in crate::server::session) async fn apply(
        &mut self,
        change: &Change,
        unbound: Vec<Binding>,
        stopped: impl Future<Output = ()>,
    ) -> Result<(), ChangeError> {
        change.next.check_broker(self.connection.broker())?;
        let mut progress = Progress::default();
        let applied = self.apply_unless_cancelled(change, unbound, stopped, &mut progress).await;
        let Progress { consumers, before } = progress;
        match applied {
            Ok(()) => consumers.into_iter().for_each(|consumer| self.workers.spawn(consumer)),
            // The server stops: what was delivered already is still run.
            Err(ChangeError::Ended) => {
                let consuming = consumers.into_iter().filter(QueueConsumer::consumes);
                consuming.for_each(|consumer| self.workers.spawn(consumer));
            }
            Err(_) => before.iter().for_each(|queue| drop(self.workers.replace_plan(queue))),
        }
        applied
    }

    async fn apply_unless_cancelled(
        &self,
        change: &Change,
        unbound: Vec<Binding>,
        stopped: impl Future<Output = ()>,
        progress: &mut Progress,
    ) -> Result<(), ChangeError> {
        let mut applying = pin!(async {
            self.prepare(change, unbound, progress).await.map_err(|refused| self.why(refused))?;
            self.consume(&mut progress.consumers).await.map_err(|refused| self.why(refused))
        });
        let cancelled = tokio::select! {
            biased;
            applied = &mut applying => return applied,
            cancelled = self.cancelled(stopped) => cancelled,
        };
        match tokio::time::timeout(GRACE, applying).await {
            // Such an error only follows from the cancellation.
            Ok(Err(ChangeError::Refused(StartError::Broker { .. }))) | Err(_) => Err(cancelled),
            Ok(applied) => applied,
        }
    }

    /// Does everything that the broker can refuse without disturbing what is served.
    async fn prepare(
        &self,
        change: &Change,
        unbound: Vec<Binding>,
        progress: &mut Progress,
    ) -> Result<(), TopologyError> {
        let timeout = self.connection.attempt_timeout();
        self.unbind(unbound, timeout).await?;
        let (consumed, new): (Vec<_>, Vec<_>) =
            change.touched_queues().partition(|queue| self.workers.consumes(&queue.key));
        let is_refused = |queue: &QueuePlan| {
            let instance = self.settings.services.reflection.as_ref();
            queue.kind == QueueKind::Reflection && instance.is_some_and(|instance| instance.is_refused_here())
        };
        for queue in new.into_iter().filter(|queue| !is_refused(queue)) {
            let queue = queue.for_connection(&self.settings.services.namespace);
            let consumer = QueueConsumer::new(queue, self.connection.clone(), self.channel.clone());
            match consumer.prepare_new(timeout).await {
                Ok(()) => progress.consumers.push(consumer),
                Err(refused) => self.unless_of_reflection(&consumer.queue, refused)?,
            }
        }
        for queue in consumed {
            // The worker has the plan before a message can come by a new binding.
            if let Some(ReplacedPlan { before, now }) = self.workers.replace_plan(queue) {
                progress.before.push(before);
                let bound = now.declaration.bind(&self.connection, timeout).await;
                bound.or_else(|refused| self.unless_of_reflection(&now, refused))?;
            }
        }
        Ok(())
    }

    /// A service that is not listed is served all the same.
    fn unless_of_reflection(&self, queue: &QueuePlan, refused: TopologyError) -> Result<(), TopologyError> {
        if queue.kind != QueueKind::Reflection || !self.connection.is_connected() {
            return Err(refused);
        }
        self.settings.services.log_refused_reflection(&refused);
        Ok(())
    }

    async fn consume(&self, consumers: &mut [QueueConsumer]) -> Result<(), TopologyError> {
        let timeout = self.connection.attempt_timeout();
        for consumer in consumers {
            if let Err(refused) = consumer.consume_within(timeout).await {
                // Consumers that were made, and this one if it is made late, are not read: their deliveries
                // must be requeued.
                self.failure.report(refused.source.clone());
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Removes bindings, which are all of the same queue.
    async fn unbind(&self, mut bindings: Vec<Binding>, timeout: Duration) -> Result<(), TopologyError> {
        let Some(key) = bindings.first().map(|binding| binding.queue.clone()) else { return Ok(()) };
        let name = self.workers.name_of(&key).unwrap_or(key);
        bindings.iter_mut().for_each(|binding| binding.queue.clone_from(&name));
        unbind(&self.connection, &bindings, timeout).await
    }

    /// Resolves when no change can be made any more.
    async fn cancelled(&self, stopped: impl Future<Output = ()>) -> ChangeError {
        let mut lost = self.lost.clone();
        tokio::select! {
            biased;
            () = stopped => ChangeError::Ended,
            Ok(lost) = lost.wait_for(Option::is_some) => not_connected(lost.as_ref()),
            lost = self.connection.until_lost() => not_connected(Some(&lost)),
        }
    }

    /// Returns why nothing was changed.
    fn why(&self, refused: TopologyError) -> ChangeError {
        if !self.connection.is_connected() {
            return not_connected(Some(&refused.source));
        }
        explain(refused, self.connection.broker(), self.connection.display_user()).into()
    }
}

/// Removes bindings, which are all of the same queue.
pub(super) async fn unbind(
    connection: &Connection,
    bindings: &[Binding],
    timeout: Duration,
) -> Result<(), TopologyError> {
    let Some(first) = bindings.first() else { return Ok(()) };
    match tokio::time::timeout(timeout, connection.unbind(bindings)).await {
        Ok(unbound) => unbound,
        Err(_) => {
            connection.count_leaked_channel();
            let (operation, name) = (Operation::BindQueue, first.queue.clone());
            Err(TopologyError { operation, name, source: no_answer() })
        }
    }
}

fn not_connected(lost: Option<&BrokerError>) -> ChangeError {
    ChangeError::NotConnected(lost.map_or("it was lost", |lost| lost.message()).into())
}
