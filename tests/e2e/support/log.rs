//! What the library logs in the thread of one test, and so only with a runtime of a single thread.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

/// Notes what is logged until it is dropped.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<Line>>>,
    _listening: DefaultGuard,
}

/// One line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) level: tracing::Level,
    /// Every field that has a value, as text; `message` is one of them.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Log {
    pub(crate) fn listen() -> Self {
        let lines = Arc::default();
        let subscriber = tracing_subscriber::registry().with(Listener(Arc::clone(&lines)));
        Self { lines, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// What the library itself has logged so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lines.into_iter().filter(|line| line.target.starts_with("amqp_rpc_runtime")).collect()
    }

    /// The lines about calls that failed.
    pub(crate) fn failures(&self) -> Vec<Line> {
        self.lines().into_iter().filter(|line| line.target == "amqp_rpc_runtime::failures").collect()
    }
}

impl Line {
    /// The field's text; empty when it has no value.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

struct Listener(Arc<Mutex<Vec<Line>>>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line =
            Line { target: metadata.target().into(), level: *metadata.level(), fields: BTreeMap::new() };
        event.record(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name().into(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().into(), value.into());
    }
}
