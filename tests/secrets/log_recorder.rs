//! Records what the process logs.

use std::{
    collections::BTreeSet,
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// The target, the level and the text of a leak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) target: String,
    pub(crate) level: String,
    pub(crate) text: String,
}

/// Notes every line and span that holds a text.
#[derive(Clone)]
pub(crate) struct LogRecorder {
    /// What must not be logged.
    text: &'static str,
    recorded: Arc<Mutex<usize>>,
    leaks: Arc<Mutex<BTreeSet<Place>>>,
}

impl LogRecorder {
    pub(crate) fn of(text: &'static str) -> Self {
        Self { text, recorded: Arc::default(), leaks: Arc::default() }
    }

    /// How many lines and spans there were.
    pub(crate) fn recorded(&self) -> usize {
        *self.recorded.lock().expect("nothing panics while it listens")
    }

    fn record_line(&self, metadata: &tracing::Metadata<'_>, values: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        values(&mut line);
        *self.recorded.lock().expect("nothing panics while it listens") += 1;
        if line.0.contains(self.text) || line.0.contains(&format!("{:?}", self.text.as_bytes())[1..20]) {
            let shown = line.0.chars().take(120).collect();
            self.leaks.lock().expect("nothing panics while it listens").insert(Place {
                target: metadata.target().to_owned(),
                level: metadata.level().to_string(),
                text: shown,
            });
        }
    }

    pub(crate) fn leaks(&self) -> BTreeSet<Place> {
        self.leaks.lock().expect("nothing panics while it listens").clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogRecorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.record_line(event.metadata(), |line| event.record(line));
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        self.record_line(attributes.metadata(), |line| attributes.record(line));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            self.record_line(span.metadata(), |line| values.record(line));
        }
    }
}
