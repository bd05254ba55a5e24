//! Who serves the methods' queues: asked on throw-away channels, once for all that want to know, and remembered shortly.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, Connection};

use crate::error::Served;

/// How long a served queue is taken to be served.
pub(crate) const SERVED_FOR: Duration = Duration::from_secs(1);
/// How long a queue that nobody serves is not asked for again: a server that starts is found this late.
pub(crate) const UNSERVED_FOR: Duration = Duration::from_millis(100);
/// The same for a queue that does not exist: each question for one costs the connection a channel.
const MISSING_FOR: Duration = Duration::from_millis(500);

/// As many queues are remembered before old ones are forgotten: untyped calls may name any number of them.
const ENOUGH: usize = 1024;

/// What was last heard of each queue.
#[derive(Debug, Default)]
pub(crate) struct Queues(Mutex<HashMap<String, Arc<Queue>>>);

#[derive(Debug, Default)]
struct Queue {
    last: Mutex<Option<(Instant, Served)>>,
    /// Held while asking: the others wait for the answer.
    asking: tokio::sync::Mutex<()>,
}

impl Queues {
    /// What was heard of `queue` within `age`.
    pub(crate) fn heard(&self, queue: &str, age: Duration) -> Option<Served> {
        self.lock().get(queue)?.heard(age)
    }

    /// Who serves `queue`, from the broker where it is not known.
    ///
    /// # Errors
    /// When the broker does not say.
    pub(crate) async fn ask(&self, queue: &str, connection: &Connection) -> Result<Served, BrokerError> {
        let entry = {
            let mut queues = self.lock();
            make_room(&mut queues);
            Arc::clone(queues.entry(queue.to_owned()).or_default())
        };
        if let Some(served) = entry.still_true() {
            return Ok(served);
        }
        let _asking = entry.asking.lock().await;
        if let Some(served) = entry.still_true() {
            return Ok(served);
        }
        let served = Served::from(connection.queue_status(queue).await?);
        *entry.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), served));
        Ok(served)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Queue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn heard(&self, age: Duration) -> Option<Served> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() <= age).map(|(_, served)| served)
    }

    fn still_true(&self) -> Option<Served> {
        let served = self.heard(SERVED_FOR)?;
        let age = match served {
            Served::By { .. } => SERVED_FOR,
            Served::ByNobody { .. } => UNSERVED_FOR,
            Served::NoQueue => MISSING_FOR,
        };
        self.heard(age)
    }
}

fn make_room(queues: &mut HashMap<String, Arc<Queue>>) {
    if queues.len() >= ENOUGH {
        let is_asked_for = |queue: &Arc<Queue>| Arc::strong_count(queue) > 1;
        queues.retain(|_, queue| queue.still_true().is_some() || is_asked_for(queue));
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_queues_those_that_were_not_asked_for_lately_are_forgotten() {
        let mut queues: HashMap<_, Arc<Queue>> =
            (0..ENOUGH).map(|n| (n.to_string(), Arc::default())).collect();
        let asked_for = Arc::clone(&queues["3"]);
        *queues["7"].last.lock().unwrap() =
            Some((Instant::now() + Duration::from_secs(3600), Served::ByNobody { waiting: 0 }));
        make_room(&mut queues);
        let mut left: Vec<_> = queues.keys().cloned().collect();
        left.sort_unstable();
        assert_eq!(left, ["3", "7"]);
        drop(asked_for);
    }
}
