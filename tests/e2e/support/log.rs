//! Records the log of one test: what its thread logs, so that its runtime must be single-threaded.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use tracing::{
    Dispatch, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

/// Two subscribers that record nothing and are never dropped.
///
/// While a program has no more than one, what a thread logs for the first time is switched off for all
/// threads unless it is the subscriber's own thread. A test on another thread could switch off a line of this
/// one. (tracing-core 0.1.36, `callsite.rs`)
static MORE_THAN_ONE: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));

/// Passes what this thread logs to `subscriber`, until the guard is dropped, whatever other tests log.
#[expect(clippy::disallowed_methods, reason = "the one place that takes care of it")]
pub(crate) fn listen_by(subscriber: impl Subscriber + Send + Sync) -> DefaultGuard {
    LazyLock::force(&MORE_THAN_ONE);
    tracing::subscriber::set_default(subscriber)
}

/// Records what is logged until it is dropped.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<Line>>>,
    spans: Arc<Mutex<Vec<(span::Id, Line)>>>,
    _listening: DefaultGuard,
}

/// One line of the log, or one span.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) level: tracing::Level,
    pub(crate) name: String,
    /// Every field that has a value, as text; `message` is one of them.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Log {
    pub(crate) fn listen() -> Self {
        let (lines, spans) = (Arc::default(), Arc::default());
        let listener = Listener { lines: Arc::clone(&lines), spans: Arc::clone(&spans) };
        let subscriber = tracing_subscriber::registry().with(listener);
        Self { lines, spans, _listening: listen_by(subscriber) }
    }

    /// The lines that the library itself has logged so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of_the_library = ["amqp_rpc_runtime", "amqp_rpc_transport"];
        lines.into_iter().filter(|line| of_the_library.iter().any(|it| line.target.starts_with(it))).collect()
    }

    /// The spans of calls, in the order in which they began, with all that was recorded until now.
    pub(crate) fn spans(&self) -> Vec<Line> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let spans = spans.into_iter().map(|(_, span)| span);
        spans.filter(|span| span.target == "amqp_rpc_runtime::calls").collect()
    }

    /// The lines about calls that failed.
    pub(crate) fn failures(&self) -> Vec<Line> {
        self.lines().into_iter().filter(|line| line.target == "amqp_rpc_runtime::failures").collect()
    }
}

impl Line {
    fn of(metadata: &Metadata<'_>) -> Self {
        let (target, name) = (metadata.target().into(), metadata.name().into());
        Self { target, level: *metadata.level(), name, fields: BTreeMap::new() }
    }

    /// The field's text; empty when it has no value.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

struct Listener {
    lines: Arc<Mutex<Vec<Line>>>,
    spans: Arc<Mutex<Vec<(span::Id, Line)>>>,
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line::of(event.metadata());
        event.record(&mut line);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, _: Context<'_, S>) {
        let mut line = Line::of(attributes.metadata());
        attributes.record(&mut line);
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).push((id.clone(), line));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        // Ids are reused: the newest span is meant.
        if let Some((_, line)) = spans.iter_mut().rev().find(|(span, _)| span == id) {
            values.record(line);
        }
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
