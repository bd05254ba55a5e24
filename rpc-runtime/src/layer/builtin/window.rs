//! Counts what happens, and how much of it is of one kind, over the last ten seconds.

use tokio::time::Instant;

/// The seconds that are counted.
pub(super) const SECONDS: u32 = 10;

/// The counts of the last ten seconds. What is older is forgotten second by second.
#[derive(Debug)]
pub(super) struct Window {
    started_at: Instant,
    /// The second that was counted last.
    second: u64,
    /// Each second in its place modulo the window.
    seconds: [Tally; SECONDS as usize],
}

/// How many there were, and how many of the one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) all: u32,
    pub(super) marked: u32,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { started_at: Instant::now(), second: 0, seconds: Default::default() }
    }

    pub(super) fn count(&mut self) {
        let tally = self.current();
        tally.all = tally.all.saturating_add(1);
    }

    pub(super) fn count_marked(&mut self) {
        let tally = self.current();
        tally.marked = tally.marked.saturating_add(1);
    }

    /// The sums of the last ten seconds, the current one included.
    pub(super) fn sums(&mut self) -> Tally {
        self.current();
        self.seconds.iter().fold(Tally::default(), |sum, second| Tally {
            all: sum.all.saturating_add(second.all),
            marked: sum.marked.saturating_add(second.marked),
        })
    }

    /// The current second, after those that have passed since are forgotten.
    fn current(&mut self) -> &mut Tally {
        let now = Instant::now().saturating_duration_since(self.started_at).as_secs();
        let passed = now.saturating_sub(self.second).min(SECONDS.into());
        for second in now - passed..now {
            self.seconds[place_of(second + 1)] = Tally::default();
        }
        self.second = self.second.max(now);
        &mut self.seconds[place_of(self.second)]
    }
}

fn place_of(second: u64) -> usize {
    (second % u64::from(SECONDS)) as usize
}
