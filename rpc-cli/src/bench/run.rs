//! Makes the calls: each when another has ended, or each when it is due.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;

use super::{
    plan::{Done, End, Load, Made, Pace},
    progress::Progress,
    recorder::Recorder,
    timer::Timer,
};

/// Makes the calls until the end, and waits for those in flight; their timeout limits that. `stop` ends it at once, and
/// gives up what is in flight.
pub(super) async fn run<C, F>(
    load: &Load,
    call: C,
    recorder: &mut Recorder,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Made
where
    C: Fn() -> F,
    F: Future<Output = Result<(), String>>,
{
    let schedule = Schedule::new(load);
    recorder.begin(schedule.measured_from);
    let mut timer = Timer::new(load.is_exact);
    let mut running = FuturesUnordered::new();
    let mut stop = pin!(stop);
    // All calls, and those of them that are measured.
    let (mut calls, mut measured) = (0, 0);
    let mut is_interrupted = false;
    loop {
        let mut next_due = None;
        while running.len() < schedule.in_flight {
            let now = Instant::now();
            let due_at = schedule.due(calls, now);
            if schedule.has_ended(due_at, now, measured) {
                break;
            }
            if due_at > now {
                next_due = Some(due_at);
                break;
            }
            calls += 1;
            measured += u64::from(due_at >= schedule.measured_from);
            running.push(timed(due_at, call()));
        }
        if running.is_empty() && next_due.is_none() {
            break;
        }
        tokio::select! {
            () = &mut stop => {
                is_interrupted = true;
                break;
            }
            Some(done) = running.next(), if !running.is_empty() => {
                recorder.record(done);
                progress.show(recorder);
            }
            () = timer.at(next_due), if next_due.is_some() => {}
        }
    }
    let now = Instant::now();
    let elapsed = now.saturating_duration_since(schedule.measured_from);
    Made { elapsed, not_made: schedule.due_before_end(now).saturating_sub(calls), is_interrupted }
}

async fn timed(due_at: Instant, call: impl Future<Output = Result<(), String>>) -> Done {
    let outcome = call.await;
    Done { due_at, ended_at: Instant::now(), outcome }
}

/// When calls are due.
#[derive(Debug)]
struct Schedule {
    begin: Instant,
    measured_from: Instant,
    per_second: Option<f64>,
    in_flight: usize,
    end: End,
}

impl Schedule {
    fn new(load: &Load) -> Self {
        let begin = Instant::now();
        let (per_second, in_flight) = match load.pace {
            Pace::InFlight(in_flight) => (None, in_flight),
            Pace::Rate { per_second, in_flight } => (Some(per_second), in_flight),
        };
        Self { begin, measured_from: begin + load.warm_up, per_second, in_flight, end: load.end }
    }

    /// When the call with this number is due, from 0.
    fn due(&self, number: u64, now: Instant) -> Instant {
        match self.per_second {
            None => now,
            Some(rate) => self.begin + Duration::from_secs_f64(number as f64 / rate),
        }
    }

    /// Whether a call that is due then is not made any more.
    fn has_ended(&self, due_at: Instant, now: Instant, measured: u64) -> bool {
        match self.end {
            End::Calls(calls) => measured >= calls,
            End::After(time) => due_at.max(now) >= self.measured_from + time,
        }
    }

    /// How many calls were due before the end; none where calls have no time.
    fn due_before_end(&self, now: Instant) -> u64 {
        match (self.per_second, self.end) {
            (Some(rate), End::After(time)) => {
                let end = (self.measured_from + time).min(now);
                ((end - self.begin).as_secs_f64() * rate).ceil() as u64
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending};

    use tokio::time::sleep;

    use super::*;

    fn load(pace: Pace, end: End) -> Load {
        Load { pace, end, warm_up: Duration::ZERO, is_exact: false }
    }

    async fn measured(load: &Load, latency: Duration) -> (Made, super::super::recorder::Measured, usize) {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let call = || async {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            sleep(latency).await;
            running.set(running.get() - 1);
            Ok(())
        };
        let mut recorder = Recorder::new(None);
        let made = run(load, call, &mut recorder, &Progress::hidden(), pending()).await;
        (made, recorder.finish().0, most.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_keeps_so_many_calls_in_flight() {
        let load = load(Pace::InFlight(4), End::Calls(20));
        let (made, measured, most) = measured(&load, Duration::from_millis(10)).await;
        assert_eq!((measured.calls(), most), (20, 4));
        assert_eq!((made.elapsed, made.not_made), (Duration::from_millis(50), 0));
        assert_eq!(measured.latency(0.5).as_millis(), 10);
    }

    /// Calls that take as long as ten are due: a loop that waited for each would measure 100 ms for all of them.
    #[tokio::test(start_paused = true)]
    async fn latencies_at_a_rate_count_from_when_calls_were_due() {
        let pace = Pace::Rate { per_second: 100.0, in_flight: 1 };
        let (made, measured, most) = measured(&load(pace, End::Calls(10)), Duration::from_millis(100)).await;
        assert_eq!((measured.calls(), most), (10, 1));
        // The tenth was due after 90 ms, and ended after 1000.
        assert_eq!(measured.latency(1.0).as_millis(), 910);
        assert_eq!(made.elapsed, Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_at_a_rate_do_not_wait_for_each_other() {
        let pace = Pace::Rate { per_second: 100.0, in_flight: 1_000 };
        let load = load(pace, End::After(Duration::from_secs(2)));
        let (made, measured, most) = measured(&load, Duration::from_millis(95)).await;
        assert_eq!((measured.calls(), most, made.not_made), (200, 10, 0));
        assert_eq!(measured.latency(0.999).as_millis(), 95);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_due_and_not_made_are_told() {
        let pace = Pace::Rate { per_second: 100.0, in_flight: 1 };
        let load = load(pace, End::After(Duration::from_secs(1)));
        let (made, measured, _) = measured(&load, Duration::from_millis(100)).await;
        assert_eq!((measured.calls(), made.not_made), (10, 90));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_the_warm_up_are_not_measured() {
        let pace = Pace::Rate { per_second: 10.0, in_flight: 10 };
        let load = Load { warm_up: Duration::from_secs(1), ..load(pace, End::After(Duration::from_secs(2))) };
        let (made, measured, _) = measured(&load, Duration::from_millis(1)).await;
        assert_eq!((measured.calls(), made.not_made), (20, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_stops_it_ends_it_at_once() {
        let load = load(Pace::InFlight(2), End::Calls(1_000));
        let mut recorder = Recorder::new(None);
        let call = || async {
            sleep(Duration::from_secs(1)).await;
            Ok(())
        };
        let stop = sleep(Duration::from_millis(2_500));
        let made = run(&load, call, &mut recorder, &Progress::hidden(), stop).await;
        assert!(made.is_interrupted);
        assert_eq!(recorder.finish().0.calls(), 4);
    }
}
