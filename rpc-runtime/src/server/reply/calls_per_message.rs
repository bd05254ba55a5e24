//! How many calls the clients of a queue may send in one message.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use amqp_rpc_transport::MAX_COALESCED_BYTES;

/// The calls that a message may have are as many as run in this time one after the other. A server takes as many
/// messages as it runs calls at once, while another one may have nothing to do: a call among them waits at most about
/// this long for the others.
const MESSAGE_TIME: Duration = Duration::from_millis(20);
/// The latest call has this share in the mean time of calls.
const LATEST_SHARE: u32 = 8;

/// What clients are told, from how long calls take.
///
/// A message may not have more calls than half of those that run at once, so that two messages at the same time find
/// room, and not more than run in [`MESSAGE_TIME`].
#[derive(Debug)]
pub(crate) struct CallsPerMessage {
    max: u16,
    /// The mean time of calls in microseconds.
    mean_time: AtomicU32,
}

impl CallsPerMessage {
    /// For a queue of which `concurrency` calls run at once.
    pub(crate) fn new(max: u16, concurrency: u16, max_request_bytes: usize) -> Self {
        let max = if max_request_bytes < MAX_COALESCED_BYTES { 1 } else { max.min(concurrency / 2).max(1) };
        Self { max, mean_time: AtomicU32::new(0) }
    }

    /// A call has ended, so long after it began.
    fn count(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let mean = self.mean_time.load(Ordering::Relaxed);
        // Of two at the same time one may be lost.
        self.mean_time.store(mean - mean / LATEST_SHARE + time / LATEST_SHARE, Ordering::Relaxed);
    }

    /// How many calls a client may send in one message now.
    fn now(&self) -> u16 {
        let mean = self.mean_time.load(Ordering::Relaxed).max(1);
        let calls = MESSAGE_TIME.as_micros() / u128::from(mean);
        let calls = u16::try_from(calls).unwrap_or(u16::MAX).clamp(1, self.max);
        // A power of two: replies that say different numbers share no message.
        1 << calls.ilog2()
    }
}

/// A call whose client is told.
pub(super) struct TimedCall {
    calls: Arc<CallsPerMessage>,
    /// When it was polled first: what it waits before, for a turn on a busy machine, is not its own time.
    begun_at: Option<Instant>,
}

impl TimedCall {
    pub(super) fn of(calls: &Arc<CallsPerMessage>) -> Self {
        Self { calls: Arc::clone(calls), begun_at: None }
    }

    pub(super) fn begin(&mut self) {
        self.begun_at = Some(Instant::now());
    }

    /// It has ended, or was refused. Returns what its client is told.
    pub(super) fn end(self) -> u16 {
        if let Some(begun_at) = self.begun_at {
            self.calls.count(begun_at.elapsed());
        }
        self.calls.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn after(calls: &CallsPerMessage, times: usize, time: Duration) -> u16 {
        (0..times).for_each(|_| calls.count(time));
        calls.now()
    }

    #[test]
    fn fast_calls_come_together_and_slow_ones_singly() {
        let calls = CallsPerMessage::new(64, 64, MIB);
        assert_eq!(calls.now(), 32, "half of those that run at once");
        assert_eq!(after(&calls, 100, Duration::from_micros(50)), 32);
        assert_eq!(after(&calls, 100, Duration::from_millis(1)), 16);
        assert_eq!(after(&calls, 100, Duration::from_millis(50)), 1);
        assert_eq!(after(&calls, 100, Duration::from_micros(50)), 32, "they are fast again");
        assert_eq!(after(&calls, 1000, Duration::MAX), 1);
    }

    #[test]
    fn the_limits_of_the_server_bound_it() {
        assert_eq!(CallsPerMessage::new(4, 64, MIB).now(), 4);
        assert_eq!(CallsPerMessage::new(64, 1, MIB).now(), 1);
        assert_eq!(CallsPerMessage::new(64, 7, MIB).now(), 2);
        assert_eq!(CallsPerMessage::new(64, 64, 64 * 1024 - 1).now(), 1, "requests must be smaller");
    }
}
