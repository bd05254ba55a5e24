//! Taking up more while an epoch serves: made sure of on the side first, and consumed then.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{Binding, BrokerError, TopologyError, Touch};

use super::{Link, QueueConsumer};
use crate::{
    error::{ChangeError, StartError},
    server::{
        consume::UNANSWERED, services::Change, session::ReplacedPlan, settings::QueuePlan, topology::explain,
    },
};

/// How long a change may go on once it is known that it comes to nothing.
///
/// What a consumer is given that is left behind comes again as if it might have run, and whose change has cost the channel is to hear why.
const GRACE: Duration = Duration::from_secs(1);

/// As far as it has come.
#[derive(Default)]
struct Progress {
    consumers: Vec<QueueConsumer>,
    /// How those queues were served that are served in another way now.
    before: Vec<Arc<QueuePlan>>,
}

impl Link {
    /// Serves what `change` adds, on this channel, after `unbound` were taken from their queue. What is served does not notice.
    ///
    /// # Errors
    /// When the broker refuses it; then everything is served as it was, but for a refused consumer, which costs the epoch. `NotConnected`
    /// when the epoch is lost meanwhile, `Ended` when the server is `told` to stop: neither waits for a broker that does not answer.
    pub(crate) async fn apply(
        &mut self,
        change: &Change,
        unbound: Vec<Binding>,
        told: impl Future<Output = ()>,
    ) -> Result<(), ChangeError> {
        let mut progress = Progress::default();
        let applied = self.apply_unless_cancelled(change, unbound, told, &mut progress).await;
        let Progress { consumers, before } = progress;
        match applied {
            Ok(()) => consumers.into_iter().for_each(|consumer| self.workers.spawn(consumer)),
            // What was delivered already is to be run, as by every server that stops.
            Err(ChangeError::Ended) => {
                consumers
                    .into_iter()
                    .filter(QueueConsumer::consumes)
                    .for_each(|consumer| self.workers.spawn(consumer));
            }
            Err(_) => before.iter().for_each(|queue| drop(self.workers.reassign(queue))),
        }
        applied
    }

    async fn apply_unless_cancelled(
        &self,
        change: &Change,
        unbound: Vec<Binding>,
        told: impl Future<Output = ()>,
        progress: &mut Progress,
    ) -> Result<(), ChangeError> {
        let mut applying = pin!(async {
            self.prepare(change, unbound, progress).await.map_err(|refused| self.why(refused))?;
            self.consume(&mut progress.consumers).await.map_err(|refused| self.why(refused))
        });
        let cancelled = tokio::select! {
            biased;
            applied = &mut applying => return applied,
            cancelled = self.cancelled(told) => cancelled,
        };
        match tokio::time::timeout(GRACE, applying).await {
            // Only what follows from it.
            Ok(Err(ChangeError::Refused(StartError::Broker { .. }))) | Err(_) => Err(cancelled),
            Ok(applied) => applied,
        }
    }

    /// Everything that the broker may refuse without disturbing anybody.
    async fn prepare(
        &self,
        change: &Change,
        unbound: Vec<Binding>,
        progress: &mut Progress,
    ) -> Result<(), TopologyError> {
        let patience = self.connection.attempt_timeout();
        self.unbind(unbound, patience).await?;
        let (known, fresh): (Vec<_>, Vec<_>) =
            change.touched().partition(|queue| self.workers.serves(&queue.key));
        for queue in fresh {
            let queue = queue.for_connection(&self.settings.namespace);
            let consumer = QueueConsumer::new(queue, self.connection.clone(), self.channel.clone());
            consumer.try_out(patience).await?;
            progress.consumers.push(consumer);
        }
        for queue in known {
            // Known to its worker before anything can come for it.
            if let Some(ReplacedPlan { before, now }) = self.workers.reassign(queue) {
                progress.before.push(before);
                now.bind_more(&self.connection, patience).await?;
            }
        }
        Ok(())
    }

    async fn consume(&self, consumers: &mut [QueueConsumer]) -> Result<(), TopologyError> {
        let patience = self.connection.attempt_timeout();
        for consumer in consumers {
            if let Err(refused) = consumer.consume_within(patience).await {
                // Consumers that were made, and this one if it is made yet, are read by nobody: what they are given must go back.
                self.loss.report(refused.source.clone());
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Takes bindings from the queue that they are all of.
    async fn unbind(&self, mut bindings: Vec<Binding>, patience: Duration) -> Result<(), TopologyError> {
        let Some(key) = bindings.first().map(|binding| binding.queue.clone()) else { return Ok(()) };
        let name = self.workers.name_of(&key).unwrap_or(key);
        bindings.iter_mut().for_each(|binding| binding.queue.clone_from(&name));
        match tokio::time::timeout(patience, self.connection.unbind(&bindings)).await {
            Ok(unbound) => unbound,
            Err(_) => {
                self.connection.count_spent_channel();
                let source = BrokerError::new(None, UNANSWERED);
                Err(TopologyError { touch: Touch::BindQueue, name, source })
            }
        }
    }

    /// Resolves when no change can be made any more.
    async fn cancelled(&self, told: impl Future<Output = ()>) -> ChangeError {
        let mut lost = self.lost.clone();
        tokio::select! {
            biased;
            () = told => ChangeError::Ended,
            Ok(lost) = lost.wait_for(Option::is_some) => not_connected(lost.as_ref()),
            lost = self.connection.until_lost() => not_connected(Some(&lost)),
        }
    }

    /// Why nothing was changed.
    fn why(&self, refused: TopologyError) -> ChangeError {
        if !self.connection.is_connected() {
            return not_connected(Some(&refused.source));
        }
        explain(refused, self.connection.user_as_shown()).into()
    }
}

fn not_connected(lost: Option<&BrokerError>) -> ChangeError {
    ChangeError::NotConnected(lost.map_or("it was lost", |lost| lost.message()).into())
}
