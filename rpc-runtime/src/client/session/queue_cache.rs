//! Caches who consumes the methods' queues: asked on throw-away channels, once for all that wait, and kept
//! shortly.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, reply_code::ACCESS_REFUSED};

use super::link::Link;
use crate::error::QueueState;

/// How long a queue with consumers is taken to have them.
pub(crate) const SERVED_FOR: Duration = Duration::from_secs(1);
/// How long a queue without consumers is not asked for again: a server that starts is found this late.
const UNSERVED_FOR: Duration = Duration::from_millis(100);
/// How long a full queue is not asked for again.
const FULL_FOR: Duration = Duration::from_millis(100);
/// How long a queue that does not exist is not asked for again: each query costs the connection a channel.
const MISSING_FOR: Duration = Duration::from_millis(500);

/// Above this number old entries are evicted: untyped calls may name any number of queues.
const MAX_CACHED: usize = 1024;

/// The last known consumers of each queue.
#[derive(Debug, Default)]
pub(crate) struct QueueCache(Mutex<HashMap<String, Arc<Queue>>>);

#[derive(Debug, Default)]
struct Queue {
    last: Mutex<Option<Report>>,
    /// Held while the broker is asked: others wait for its reply.
    query: tokio::sync::Mutex<()>,
}

/// The broker's last report on a queue.
#[derive(Clone, Copy, Debug)]
struct Report {
    at: Instant,
    served: QueueState,
}

impl QueueCache {
    /// The consumers of `queue`, if the broker was asked within `age`.
    pub(crate) fn cached(&self, queue: &str, age: Duration) -> Option<QueueState> {
        self.lock().get(queue)?.cached(age)
    }

    /// The consumers of `queue`; asks the broker when they are not known. `None` when the user may not look up
    /// the queue: then the broker is asked only once per link.
    ///
    /// # Errors
    /// When the broker does not say.
    pub(crate) async fn query(&self, queue: &str, link: &Link) -> Result<Option<QueueState>, BrokerError> {
        self.query_unless(queue, link, Queue::fresh).await
    }

    /// Returns whether `queue`, from which a message has just been returned at `returned_at`, is there and
    /// holds messages. All messages that are returned while the broker is asked share its answer.
    ///
    /// # Errors
    /// When the broker does not say.
    pub(crate) async fn holds_messages(
        &self,
        queue: &str,
        link: &Link,
        returned_at: Instant,
    ) -> Result<bool, BrokerError> {
        let state = self.query_unless(queue, link, |queue| queue.fresh_for_returned(returned_at)).await?;
        Ok(state.is_some_and(|state| state.waiting() > 0))
    }

    /// Asks the broker, unless `known` finds what is to be known.
    async fn query_unless(
        &self,
        queue: &str,
        link: &Link,
        known: impl Fn(&Queue) -> Option<QueueState>,
    ) -> Result<Option<QueueState>, BrokerError> {
        if link.refused_lookups.contains(queue) {
            return Ok(None);
        }
        let entry = {
            let mut queues = self.lock();
            evict(&mut queues);
            Arc::clone(queues.entry(queue.to_owned()).or_default())
        };
        if let Some(served) = known(&entry) {
            return Ok(Some(served));
        }
        let _query = entry.query.lock().await;
        if let Some(served) = known(&entry) {
            return Ok(Some(served));
        }
        if link.refused_lookups.contains(queue) {
            return Ok(None);
        }
        let status = match link.connection.queue_status(queue).await {
            Err(error) if error.code() == Some(ACCESS_REFUSED) => {
                link.refused_lookups.remember(queue);
                tracing::warn!(
                    queue,
                    user = link.connection.display_user(),
                    %error,
                    "the user may not look up the queue, which is not tried again on this connection: calls do not fail fast, and timeouts do not say why; RabbitMQ since 4.3 wants a permission on the queue, of which write allows least"
                );
                return Ok(None);
            }
            status => status?,
        };
        let served = QueueState::from(status);
        *entry.last.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Report { at: Instant::now(), served });
        Ok(Some(served))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Queue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn cached(&self, age: Duration) -> Option<QueueState> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|report| report.at.elapsed() <= age).map(|report| report.served)
    }

    /// The consumers, if the broker need not be asked again.
    fn fresh(&self) -> Option<QueueState> {
        let served = self.cached(SERVED_FOR)?;
        let age = match served {
            QueueState::Consumed { .. } => SERVED_FOR,
            QueueState::NoConsumer { .. } => UNSERVED_FOR,
            QueueState::Missing => MISSING_FOR,
        };
        self.cached(age)
    }

    /// The state of a queue from which a message was returned, if the broker need not be asked again: a queue
    /// that held messages a moment ago is still full, and any other may be by now.
    fn fresh_for_returned(&self, returned_at: Instant) -> Option<QueueState> {
        let report = (*self.last.lock().unwrap_or_else(PoisonError::into_inner))?;
        let age = match report.served {
            QueueState::Missing => MISSING_FOR,
            state if state.waiting() > 0 => FULL_FOR,
            _ => Duration::ZERO,
        };
        (report.at >= returned_at || report.at.elapsed() <= age).then_some(report.served)
    }
}

fn evict(queues: &mut HashMap<String, Arc<Queue>>) {
    if queues.len() >= MAX_CACHED {
        let is_in_use = |queue: &Arc<Queue>| Arc::strong_count(queue) > 1;
        queues.retain(|_, queue| queue.fresh().is_some() || is_in_use(queue));
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_taken_for_full_a_moment_longer_and_an_empty_one_is_asked_for_again() {
        let now = Instant::now();
        let queue = Queue::default();
        let fresh = |served, age: Duration, returned_ago: Duration| {
            *queue.last.lock().unwrap() = Some(Report { at: now - age, served });
            queue.fresh_for_returned(now - returned_ago).is_some()
        };
        let ms = Duration::from_millis;
        let (full, empty) = (QueueState::NoConsumer { waiting: 1 }, QueueState::NoConsumer { waiting: 0 });
        assert_eq!(Queue::default().fresh_for_returned(now), None);
        assert!(fresh(full, ms(0), ms(0)) && !fresh(full, FULL_FOR * 2, ms(0)));
        assert!(fresh(empty, ms(200), ms(201)) && !fresh(empty, ms(200), ms(0)));
        assert!(
            fresh(QueueState::Missing, ms(0), ms(0)) && !fresh(QueueState::Missing, MISSING_FOR * 2, ms(0))
        );
    }

    #[test]
    fn of_very_many_queues_those_that_were_not_asked_for_lately_are_forgotten() {
        let mut queues: HashMap<_, Arc<Queue>> =
            (0..MAX_CACHED).map(|n| (n.to_string(), Arc::default())).collect();
        let asked_for = Arc::clone(&queues["3"]);
        *queues["7"].last.lock().unwrap() = Some(Report {
            at: Instant::now() + Duration::from_secs(3600),
            served: QueueState::NoConsumer { waiting: 0 },
        });
        evict(&mut queues);
        let mut left: Vec<_> = queues.keys().cloned().collect();
        left.sort_unstable();
        assert_eq!(left, ["3", "7"]);
        drop(asked_for);
    }
}
