//! A recorder for the `metrics` facade that stores the values in memory. Programs install an exporter
//! instead, such as `metrics-exporter-prometheus`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use metrics::{
    Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// All measured values, by name and labels. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<BTreeMap<String, Vec<f64>>>>);

impl Remembered {
    /// The values of every gauge and histogram, in the order in which they were recorded.
    pub(crate) fn all(&self) -> BTreeMap<String, Vec<f64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One of these metrics.
struct One(String, Remembered);

impl One {
    fn of(key: &Key, all: &Remembered) -> Arc<Self> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Self(format!("{} {{{}}}", key.name(), labels.join(", ")), all.clone()))
    }

    fn note(&self, change: impl FnOnce(f64) -> f64) {
        let mut all = self.1.0.lock().unwrap_or_else(PoisonError::into_inner);
        let values = all.entry(self.0.clone()).or_default();
        let next = change(values.last().copied().unwrap_or_default());
        values.push(next);
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.note(|last| last + value);
    }

    fn decrement(&self, value: f64) {
        self.note(|last| last - value);
    }

    fn set(&self, value: f64) {
        self.note(|_| value);
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.note(|_| value);
    }
}

impl Recorder for Remembered {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(One::of(key, self))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(One::of(key, self))
    }
}
