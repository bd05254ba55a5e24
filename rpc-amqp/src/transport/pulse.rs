//! Notices that this program's runtime did not run, so that a connection was lost which the broker is then
//! blamed for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::cutoff::Cutoff;

/// How late the timers of the runtime were.
///
/// A method or task that blocks its thread stops all that runs there, heartbeats included.
#[derive(Debug)]
pub(crate) struct Pulse {
    heartbeat: Duration,
    beat: Mutex<Beat>,
}

#[derive(Debug)]
struct Beat {
    /// When the timer is to fire.
    due: Instant,
    /// The last time it fired late enough to matter: when, and how late.
    late: Option<(Instant, Duration)>,
}

/// How often the timer fires in a heartbeat interval.
const BEATS: u32 = 4;
/// The longest time between two beats.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

impl Pulse {
    /// Measures from now on, until the stream of `cutoff` ends. Must be called within the runtime of the
    /// connection. Without heartbeats no connection is lost for this reason, and nothing is measured.
    pub(crate) fn start(heartbeat: Duration, cutoff: Arc<Cutoff>) -> Arc<Self> {
        let interval = (heartbeat / BEATS).min(MAX_INTERVAL);
        let beat = Mutex::new(Beat { due: Instant::now() + interval, late: None });
        let pulse = Arc::new(Self { heartbeat, beat });
        if !heartbeat.is_zero() {
            let measured = Arc::clone(&pulse);
            // Detached but bounded: it ends with the stream.
            tokio::spawn(async move {
                tokio::select! {
                    () = measured.measure(interval) => {}
                    () = cutoff.ended() => {}
                }
            });
        }
        pulse
    }

    async fn measure(&self, interval: Duration) {
        loop {
            tokio::time::sleep(interval).await;
            self.beat(Instant::now(), interval);
        }
    }

    fn beat(&self, now: Instant, interval: Duration) {
        let mut beat = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        let late = now.saturating_duration_since(beat.due);
        if late >= self.heartbeat {
            beat.late = Some((now, late));
        }
        beat.due = now + interval;
    }

    /// For how long the runtime did not run, when that is long enough for a connection to be lost at `now`.
    pub(crate) fn stopped_for(&self, now: Instant) -> Option<Duration> {
        if self.heartbeat.is_zero() {
            return None;
        }
        let beat = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        // A loss is noticed within three intervals.
        let recent = |at: Instant| now.saturating_duration_since(at) <= 3 * self.heartbeat;
        let earlier = beat.late.filter(|(at, _)| recent(*at)).map(|(_, late)| late);
        let late = now.saturating_duration_since(beat.due);
        earlier.max(Some(late)).filter(|late| *late >= self.heartbeat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_beat_that_is_a_whole_interval_late_counts_and_only_for_a_while() {
        let (start, seconds) = (Instant::now(), Duration::from_secs);
        let beat = Mutex::new(Beat { due: start + seconds(1), late: None });
        let pulse = Pulse { heartbeat: seconds(10), beat };
        assert_eq!(pulse.stopped_for(start + seconds(10)), None);
        assert_eq!(pulse.stopped_for(start + seconds(13)), Some(seconds(12)), "it has not fired yet");
        pulse.beat(start + seconds(13), seconds(1));
        pulse.beat(start + seconds(15), seconds(1));
        assert_eq!(pulse.stopped_for(start + seconds(16)), Some(seconds(12)));
        (16..60).for_each(|second| pulse.beat(start + seconds(second), seconds(1)));
        assert_eq!(pulse.stopped_for(start + seconds(60)), None);
    }
}
