//! The counters of a method, over all queues and connections of its server.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::histogram::Histogram;
use crate::{
    contract::{MethodKind, ServiceDef},
    wire::reflection::MethodStatsBody,
};

/// Counts the calls of one method. A call costs two atomic operations, and those of a shared pointer.
#[derive(Debug, Default)]
pub(crate) struct MethodCounters {
    begun: AtomicU64,
    errors: AtomicU64,
    /// Those that ended without an outcome.
    cancelled: AtomicU64,
    /// Those that ended with one.
    durations: Histogram,
}

impl MethodCounters {
    pub(crate) fn read(&self, method: &str) -> MethodStatsBody {
        // In this order: a call that ends meanwhile must not be missing from those that have begun.
        let (ended, errors) = (self.durations.read(), self.errors.load(Ordering::Acquire));
        let cancelled = self.cancelled.load(Ordering::Acquire);
        let calls = self.begun.load(Ordering::Acquire).saturating_sub(cancelled);
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        MethodStatsBody {
            method: method.to_owned(),
            calls,
            errors,
            in_flight: calls.saturating_sub(ended.total),
            p50_us: ended.percentile(50).map(micros),
            p99_us: ended.percentile(99).map(micros),
        }
    }
}

/// The counters of the methods of a service, by their full names.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceCounters(Arc<BTreeMap<&'static str, Arc<MethodCounters>>>);

impl ServiceCounters {
    /// For the calls and notifications of a service.
    pub(crate) fn of(definition: &'static ServiceDef) -> Self {
        let methods = definition.methods.iter().filter(|method| method.kind != MethodKind::Event);
        Self(Arc::new(methods.map(|method| (method.full_name, Arc::default())).collect()))
    }

    pub(crate) fn find(&self, method: &str) -> Option<&Arc<MethodCounters>> {
        self.0.get(method)
    }

    pub(crate) fn read(&self) -> impl Iterator<Item = MethodStatsBody> {
        self.0.iter().map(|(method, counters)| counters.read(method))
    }
}

/// A call that is counted as one in flight until it [ends](Self::end) or is dropped.
#[derive(Debug)]
pub(crate) struct CountedCall(Option<Arc<MethodCounters>>);

impl CountedCall {
    /// Counts nothing if there are no counters.
    pub(crate) fn begin(counters: Option<&Arc<MethodCounters>>) -> Self {
        if let Some(counters) = counters {
            counters.begun.fetch_add(1, Ordering::Relaxed);
        }
        Self(counters.cloned())
    }

    /// It has an outcome. `elapsed` is only asked for where calls are counted.
    pub(crate) fn end(&mut self, succeeded: bool, elapsed: impl FnOnce() -> Duration) {
        let Some(counters) = self.0.take() else { return };
        if !succeeded {
            counters.errors.fetch_add(1, Ordering::Relaxed);
        }
        counters.durations.count(elapsed());
    }
}

impl Drop for CountedCall {
    fn drop(&mut self) {
        if let Some(counters) = &self.0 {
            counters.cancelled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_in_flight_until_they_end_and_forgotten_if_they_are_cancelled() {
        let counters = Arc::new(MethodCounters::default());
        let numbers = || {
            let MethodStatsBody { calls, errors, in_flight, .. } = counters.read("fib.compute");
            (calls, errors, in_flight)
        };
        let [mut good, mut bad, cancelled] = [(); 3].map(|()| CountedCall::begin(Some(&counters)));
        assert_eq!(numbers(), (3, 0, 3));
        good.end(true, || Duration::from_millis(1));
        bad.end(false, || Duration::from_millis(1));
        drop((good, bad));
        assert_eq!(numbers(), (3, 1, 1));
        drop(cancelled);
        assert_eq!(numbers(), (2, 1, 0));
        assert!(counters.read("fib.compute").p50_us.is_some_and(|micros| (875..=1125).contains(&micros)));
    }

    #[test]
    fn without_counters_no_clock_is_read() {
        CountedCall::begin(None).end(true, || unreachable!("nothing is counted"));
    }
}
