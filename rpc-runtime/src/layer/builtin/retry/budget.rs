//! Bounds how many calls are repeated, so that repetitions do not add to what overloads a server.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};

/// Repetitions are counted over so many seconds.
const WINDOW: usize = 10;

/// Allows repetitions: a share of the calls of the last ten seconds, and some per second in any case.
#[derive(Debug)]
pub(super) struct Budget {
    share: f64,
    per_second: u32,
    counts: Mutex<Counts>,
}

/// The counts of the last seconds, each in the place of its second modulo the window.
#[derive(Debug)]
struct Counts {
    started_at: Instant,
    /// The second that was counted last.
    second: u64,
    calls: [u32; WINDOW],
    repetitions: [u32; WINDOW],
}

impl Budget {
    pub(super) fn new(share: f64, per_second: u32) -> Self {
        let counts =
            Counts { started_at: Instant::now(), second: 0, calls: [0; WINDOW], repetitions: [0; WINDOW] };
        Self { share, per_second, counts: Mutex::new(counts) }
    }

    /// Counts a call.
    pub(super) fn count_call(&self) {
        let mut counts = self.counts();
        let place = counts.place();
        counts.calls[place] = counts.calls[place].saturating_add(1);
    }

    /// Takes one repetition out of the budget. Returns whether there was one.
    pub(super) fn withdraw(&self) -> bool {
        let mut counts = self.counts();
        let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
        let allowed = self.share * sum(&counts.calls) + f64::from(self.per_second) * WINDOW as f64;
        if sum(&counts.repetitions) + 1.0 > allowed {
            return false;
        }
        let place = counts.place();
        counts.repetitions[place] = counts.repetitions[place].saturating_add(1);
        true
    }

    /// The counts up to now.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now().saturating_duration_since(counts.started_at);
        counts.advance(now);
        counts
    }
}

impl Counts {
    fn advance(&mut self, since_start: Duration) {
        let now = since_start.as_secs();
        let passed = now.saturating_sub(self.second).min(WINDOW as u64);
        for second in now - passed..now {
            let place = place_of(second + 1);
            self.calls[place] = 0;
            self.repetitions[place] = 0;
        }
        self.second = self.second.max(now);
    }

    fn place(&self) -> usize {
        place_of(self.second)
    }
}

fn place_of(second: u64) -> usize {
    (second % WINDOW as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn withdrawn(budget: &Budget) -> usize {
        std::iter::repeat_with(|| budget.withdraw()).take(1000).take_while(|taken| *taken).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_of_the_calls_of_ten_seconds_may_be_repeated_and_some_in_any_case() {
        let budget = Budget::new(0.2, 1);
        assert_eq!(withdrawn(&budget), 10, "one a second");
        for _ in 0..50 {
            budget.count_call();
        }
        assert_eq!(withdrawn(&budget), 10, "a fifth of the calls");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(withdrawn(&budget), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(withdrawn(&budget), 10, "the calls are forgotten together with their repetitions");
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(withdrawn(&budget), 10, "what was not used is not saved");
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_is_forgotten_ten_seconds_later() {
        let budget = Budget::new(1.0, 0);
        for _ in 0..15 {
            budget.count_call();
            assert!(budget.withdraw() && !budget.withdraw());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_budget_allows_nothing() {
        let budget = Budget::new(0.0, 0);
        budget.count_call();
        assert!(!budget.withdraw());
    }
}
