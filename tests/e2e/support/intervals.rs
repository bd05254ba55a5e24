//! When which call ran, by the value that it is locked by: what a lock promises is checked on this.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The time in which a call ran, since an instant that all intervals share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) key: String,
    /// Names the call.
    pub(crate) tag: u64,
    pub(crate) start: Duration,
    /// `None` while it runs.
    pub(crate) end: Option<Duration>,
}

/// Records intervals. Clones share them.
#[derive(Clone)]
pub(crate) struct Intervals {
    since: Instant,
    recorded: Arc<Mutex<Vec<Interval>>>,
}

/// A call that runs; it ends when this is dropped.
pub(crate) struct Running {
    intervals: Intervals,
    index: usize,
}

impl Intervals {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), recorded: Arc::default() }
    }

    /// A call of `key` begins.
    #[must_use]
    pub(crate) fn begin(&self, key: impl ToString, tag: u64) -> Running {
        let mut recorded = self.lock();
        let start = self.since.elapsed();
        recorded.push(Interval { key: key.to_string(), tag, start, end: None });
        Running { intervals: self.clone(), index: recorded.len() - 1 }
    }

    /// What was recorded, in the order in which the calls began.
    pub(crate) fn all(&self) -> Vec<Interval> {
        self.lock().clone()
    }

    /// The calls of `key`, in the order in which they began.
    pub(crate) fn order_of(&self, key: impl ToString) -> Vec<u64> {
        let key = key.to_string();
        self.lock().iter().filter(|interval| interval.key == key).map(|interval| interval.tag).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Interval>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut recorded = self.intervals.lock();
        recorded[self.index].end = Some(self.intervals.since.elapsed());
    }
}

/// The tags of every two calls of one key that ran at the same time.
pub(crate) fn overlaps(intervals: &[Interval]) -> Vec<(u64, u64)> {
    let mut by_key: BTreeMap<&str, Vec<&Interval>> = BTreeMap::new();
    for interval in intervals {
        by_key.entry(&interval.key).or_default().push(interval);
    }
    let mut found = Vec::new();
    for of_key in by_key.values_mut() {
        of_key.sort_by_key(|interval| interval.start);
        // The one of those before that ends last.
        let mut last: Option<&Interval> = None;
        for interval in of_key {
            if let Some(last) = last
                && last.end.is_none_or(|end| end > interval.start)
            {
                found.push((last.tag, interval.tag));
            }
            let end_of = |interval: &Interval| interval.end.unwrap_or(Duration::MAX);
            if last.is_none_or(|last| end_of(last) < end_of(interval)) {
                last = Some(interval);
            }
        }
    }
    found
}

/// The most keys whose calls ran at the same time.
pub(crate) fn most_keys_at_once(intervals: &[Interval]) -> usize {
    let running_at = |now: Duration| {
        let running = intervals
            .iter()
            .filter(|interval| interval.start <= now && interval.end.is_none_or(|end| end > now));
        running.map(|interval| interval.key.as_str()).collect::<BTreeSet<_>>().len()
    };
    intervals.iter().map(|interval| running_at(interval.start)).max().unwrap_or(0)
}

#[test]
fn calls_that_run_at_the_same_time_are_found() {
    let interval = |key: &str, tag, start, end: Option<u64>| Interval {
        key: key.into(),
        tag,
        start: Duration::from_secs(start),
        end: end.map(Duration::from_secs),
    };
    let one_by_one =
        [interval("a", 1, 0, Some(2)), interval("b", 2, 1, Some(3)), interval("a", 3, 2, Some(4))];
    assert_eq!(overlaps(&one_by_one), []);
    assert_eq!(most_keys_at_once(&one_by_one), 2);
    let within = [interval("a", 1, 0, Some(9)), interval("a", 2, 1, Some(2)), interval("a", 3, 5, Some(6))];
    assert_eq!(overlaps(&within), [(1, 2), (1, 3)]);
    assert_eq!(most_keys_at_once(&within), 1);
    assert_eq!(overlaps(&[interval("a", 1, 0, None), interval("a", 2, 5, Some(6))]), [(1, 2)]);
}
