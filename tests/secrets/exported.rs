//! The spans that OpenTelemetry exports.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// Keeps the spans that OpenTelemetry would send to a collector, as texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exported(Arc<Mutex<Vec<String>>>);

impl SpanExporter for Exported {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let texts = batch.iter().map(|span| format!("{span:?}"));
        self.0.lock().expect("nothing panics while it exports").extend(texts);
        Ok(())
    }
}

impl Exported {
    /// Exports the spans of the process.
    pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let provider = SdkTracerProvider::builder().with_simple_exporter(self.clone()).build();
        tracing_opentelemetry::layer().with_tracer(provider.tracer("secrets"))
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nothing panics while it exports"))
    }
}
