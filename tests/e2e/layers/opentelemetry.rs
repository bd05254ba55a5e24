//! Traces with a pipeline of OpenTelemetry, wired as the documentation of `Trace` says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc::{Client, Context, Headers, Server, layers::Trace, rpc_service};
use opentelemetry::{
    SpanId,
    propagation::TextMapPropagator,
    trace::{SpanKind, Status, TracerProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::{Instrument, Span, subscriber::DefaultGuard};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    services::start,
    support::{Vhost, await_until, listen_by},
};

/// Keeps the spans that OpenTelemetry would send to a collector.
#[derive(Clone, Debug, Default)]
struct Exported(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Exported {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(batch);
        Ok(())
    }
}

impl Exported {
    /// Exports the spans of this thread, which has the runtime of its test.
    fn of_this_thread() -> (Self, DefaultGuard) {
        let exported = Self::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exported.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("e2e"));
        let subscriber = tracing_subscriber::registry().with(layer);
        (exported, listen_by(subscriber))
    }

    /// Waits until `count` spans have ended.
    async fn spans(&self, count: usize) -> Vec<SpanData> {
        let exported = || self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        await_until("the spans", || async { exported().len() == count }).await;
        exported()
    }
}

fn find<'a>(spans: &'a [SpanData], name: &str, kind: &SpanKind) -> &'a SpanData {
    let found = spans.iter().find(|span| span.name == name && span.span_kind == *kind);
    found.unwrap_or_else(|| panic!("no {kind:?} {name} among {spans:#?}"))
}

fn attribute(span: &SpanData, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string()).unwrap_or_default()
}

// A program would use the global propagator; a test has its own.
fn continue_trace(span: &Span, headers: &Headers) {
    let texts =
        headers.iter().filter_map(|(name, _)| Some((name.to_owned(), headers.text(name)?.to_owned())));
    let carrier: HashMap<String, String> = texts.collect();
    let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}

fn pass_trace_on(span: &Span, headers: &mut Headers) {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    for (name, text) in carrier {
        headers.insert(name, text);
    }
}

fn trace() -> Trace {
    Trace::new().on_receive(continue_trace).on_send(pass_trace_on)
}

/// Calls itself once more, through a client with the same layer.
#[rpc_service]
trait Relay {
    async fn outer(&self) -> Option<String>;
    async fn inner(&self, #[rpc(context)] cx: &Context) -> Option<String>;
    async fn refuse(&self) -> Result<(), String>;
}

struct Relaying(RelayClient);

impl Relay for Relaying {
    async fn outer(&self) -> Option<String> {
        self.0.inner().await.expect("it is served")
    }

    async fn inner(&self, cx: &Context) -> Option<String> {
        cx.headers().text("traceparent").map(str::to_owned)
    }

    async fn refuse(&self) -> Result<(), String> {
        Err("not today".into())
    }
}

async fn relay(vhost: &Vhost) -> (amqp_rpc::RunningServer, RelayClient) {
    let client = Client::builder().layer(trace()).connect(vhost.uri()).await.expect("it connects");
    let relay = RelayClient::new(client);
    let server = Server::new().service(RelayServer::new(Relaying(relay.clone()))).layer(trace());
    (start(server, vhost).await, relay)
}

#[tokio::test]
async fn spans_of_clients_and_servers_are_one_trace_in_opentelemetry() {
    let (exported, _guard) = Exported::of_this_thread();
    let vhost = Vhost::create().await;
    let (_server, relay) = relay(&vhost).await;
    let last = relay.outer().instrument(tracing::info_span!("program")).await.unwrap();

    let spans = exported.spans(5).await;
    let path = [
        ("program", SpanKind::Internal),
        ("relay.outer", SpanKind::Client),
        ("relay.outer", SpanKind::Server),
        ("relay.inner", SpanKind::Client),
        ("relay.inner", SpanKind::Server),
    ];
    let path = path.map(|(name, kind)| find(&spans, name, &kind));
    let trace_id = path[0].span_context.trace_id();
    let mut parent = SpanId::INVALID;
    for span in path {
        let context = &span.span_context;
        assert_eq!((context.trace_id(), span.parent_span_id), (trace_id, parent), "{span:#?}");
        parent = context.span_id();
    }
    assert_eq!(last, Some(format!("00-{trace_id}-{parent}-01")), "what the last method sees");
    for span in &path[1..] {
        let ids = [span.span_context.trace_id().to_string(), span.span_context.span_id().to_string()];
        let shown = ["trace_id", "span_id"].map(|name| attribute(span, name));
        assert_eq!(shown, ids, "the ids that logs show are those of OpenTelemetry");
    }
    let parents = path[2..].iter().map(|span| (attribute(span, "parent_span_id"), span.parent_span_id));
    for (shown, parent) in parents {
        assert_eq!(shown, parent.to_string());
    }
}

#[tokio::test]
async fn a_failed_call_has_the_status_of_an_error_in_opentelemetry() {
    let (exported, _guard) = Exported::of_this_thread();
    let vhost = Vhost::create().await;
    let (_server, relay) = relay(&vhost).await;
    relay.refuse().await.unwrap_err();

    let spans = exported.spans(2).await;
    for kind in [SpanKind::Client, SpanKind::Server] {
        let span = find(&spans, "relay.refuse", &kind);
        assert!(matches!(span.status, Status::Error { .. }), "{span:#?}");
        assert_eq!(attribute(span, "error.type"), "error");
        assert!(!format!("{span:?}").contains("not today"), "{span:#?}");
    }
}
