//! Bounds how many calls are repeated, so that repetitions do not add to what overloads a server.

use std::sync::{Mutex, PoisonError};

use crate::layer::builtin::window::{SECONDS, Window};

/// Allows repetitions: a share of the calls of the last ten seconds, and some per second in any case.
#[derive(Debug)]
pub(super) struct Budget {
    share: f64,
    per_second: u32,
    /// Calls, with their repetitions marked.
    window: Mutex<Window>,
}

impl Budget {
    pub(super) fn new(share: f64, per_second: u32) -> Self {
        Self { share, per_second, window: Mutex::new(Window::new()) }
    }

    /// Counts a call.
    pub(super) fn count_call(&self) {
        self.window.lock().unwrap_or_else(PoisonError::into_inner).count();
    }

    /// Takes one repetition out of the budget. Returns whether there was one.
    pub(super) fn withdraw(&self) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = window.sums();
        let allowed = self.share * f64::from(sums.all) + f64::from(self.per_second) * f64::from(SECONDS);
        let is_allowed = f64::from(sums.marked) + 1.0 <= allowed;
        if is_allowed {
            window.count_marked();
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
