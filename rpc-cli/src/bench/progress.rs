//! How far the measurement is: on stderr, if that is a terminal.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    plan::{End, Load},
    recorder::Recorder,
};

/// It is drawn so often.
const INTERVAL: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    begin: Instant,
    shown: Cell<Option<Instant>>,
    end: End,
}

impl Progress {
    /// Draws nothing where stderr is no terminal.
    pub(super) fn start(load: &Load) -> Self {
        let length = match load.end {
            End::After(time) => milliseconds(load.warm_up + time),
            End::Calls(calls) => calls,
        };
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}") {
            bar.set_style(style);
        }
        Self { bar, begin: Instant::now(), shown: Cell::new(None), end: load.end }
    }

    #[cfg(test)]
    pub(super) fn hidden() -> Self {
        let (begin, shown, end) = (Instant::now(), Cell::new(None), End::Calls(1));
        Self { bar: ProgressBar::hidden(), begin, shown, end }
    }

    pub(super) fn show(&self, recorder: &Recorder) {
        if self.bar.is_hidden() || self.shown.get().is_some_and(|shown| shown.elapsed() < INTERVAL) {
            return;
        }
        self.shown.set(Some(Instant::now()));
        let measured = recorder.so_far();
        let (calls, failed) = (measured.calls(), measured.failed());
        self.bar.set_position(match self.end {
            End::After(_) => milliseconds(self.begin.elapsed()),
            End::Calls(_) => calls + failed,
        });
        let p99 = measured.latency(0.99);
        self.bar.set_message(format!("{calls} calls, {failed} failed, p99 {p99:.1?}"));
    }

    /// Takes it off the terminal.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
