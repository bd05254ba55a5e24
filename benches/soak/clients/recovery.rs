//! Measures recovery: from the loss of a client's connection to its next answered call.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{Client, connect::ConnectionState};

use crate::ledgers::journal::Journal;

/// The recovery times of all clients.
#[derive(Debug)]
pub(crate) struct Recoveries {
    /// When each client lost its connection, in microseconds since the run began; 0 while it is connected.
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
            // A connection may be lost and made again between two changes that are seen here.
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

    /// Records that a call of this client was answered; it was made at that time of the run.
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

    /// All recovery times, the shortest first.
    pub(crate) fn sorted(&self) -> Vec<Duration> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        times.sort_unstable();
        times
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
