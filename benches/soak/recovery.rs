//! How long a client is without answers: from the loss of its connection to the next call that is answered.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{Client, ConnectionState};

use crate::journal::Journal;

/// Of all clients.
#[derive(Debug)]
pub(crate) struct Recoveries {
    /// For each client when it lost its connection, in microseconds since the run began; 0 when it has one.
    lost: Vec<AtomicU64>,
    times: Mutex<Vec<Duration>>,
}

impl Recoveries {
    pub(crate) fn of(clients: usize) -> Self {
        Self { lost: (0..clients).map(|_| AtomicU64::new(0)).collect(), times: Mutex::default() }
    }

    /// Follows the state of a client until it is gone.
    pub(crate) async fn watch(&self, number: usize, client: Client, journal: &Journal) {
        let mut states = client.state_changes();
        drop(client);
        let mut epoch = states.current().epoch();
        while let Some(state) = states.changed().await {
            // A connection that was lost and made again between two looks was lost all the same.
            let is_another = state.epoch().is_some() && state.epoch() != epoch;
            if matches!(state, ConnectionState::Connecting { .. }) || is_another {
                let now = micros(journal.now()).max(1);
                // The first loss counts when the next one comes before any answer.
                let _ = self.lost[number].compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
            }
            epoch = state.epoch().or(epoch);
            journal.note(&format!("client {number}: {state}"));
        }
    }

    /// A call of this client, made at that time since the run began, was answered.
    pub(crate) fn answered(&self, number: usize, made: Duration, journal: &Journal) {
        let lost = self.lost[number].load(Ordering::Relaxed);
        // The answer to a call that was made before may have come before as well.
        if lost == 0 || micros(made) < lost {
            return;
        }
        if self.lost[number].compare_exchange(lost, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let took = Duration::from_micros(micros(journal.now()).saturating_sub(lost));
            journal.note(&format!("client {number} has an answer again, after {} ms", took.as_millis()));
            self.times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        }
    }

    /// All of them, the shortest first.
    pub(crate) fn sorted(&self) -> Vec<Duration> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        times.sort_unstable();
        times
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
