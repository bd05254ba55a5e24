//! Traces calls: a span per call, and the trace that is passed on.

mod context;

use std::{fmt, sync::Arc};

use amqp_rpc_transport::Headers;
use tower_layer::Layer;
use tracing::{Instrument, Span, field::Empty};

use self::context::TraceContext;
use super::{
    outcome::{of_call, of_dropped, of_reply},
    semconv,
};
use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::NoError,
    error::CallError,
    layer::{BoxService, RpcService},
    message::{Fault, IncomingCall, Inherited, Reply},
};

/// Runs every call in a `tracing` span with OpenTelemetry's names, and passes its trace on.
///
/// For servers and for clients: `Server::new().layer(Trace::new())`, `Client::builder().layer(Trace::new())`.
/// The spans are called `rpc.server` and `rpc.client`. They have the level `INFO` and the target
/// `amqp_rpc_runtime::calls`. [`semconv`](crate::layers::semconv) lists their fields. They also contain
/// `trace_id`, `span_id` and `parent_span_id`, so that the logs of several processes can be joined without
/// other tools. They contain no body, and no other header.
///
/// A trace travels in the header `traceparent` ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
/// On a server, the layer continues the trace of the request, or begins one. Calls that a method makes while
/// it serves the call continue the trace. On a client, the layer adds a span. If the spans are filtered out,
/// the header passes unchanged.
///
/// # With OpenTelemetry
///
/// With `tracing-opentelemetry`, OpenTelemetry assigns the ids of the spans, so its propagator must read and
/// write the headers. Pass it with two functions, for the versions of these crates that the program uses.
/// With both functions, the spans of clients and servers form one trace. Without them, the collector receives
/// unrelated traces, though the ids in the logs match.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use std::collections::HashMap;
///
/// use amqp_rpc::{Client, Headers, Server, layers::Trace};
/// use opentelemetry::global;
/// use opentelemetry_sdk::propagation::TraceContextPropagator;
/// use tracing::Span;
/// use tracing_opentelemetry::OpenTelemetrySpanExt;
///
/// fn continue_trace(span: &Span, headers: &Headers) {
///     let texts = headers.iter().filter_map(|(name, _)| Some((name.to_owned(), headers.text(name)?.to_owned())));
///     let carrier: HashMap<String, String> = texts.collect();
///     let caller = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
///     // Fails only without a layer of OpenTelemetry.
///     let _ = span.set_parent(caller);
/// }
///
/// fn pass_trace_on(span: &Span, headers: &mut Headers) {
///     let mut carrier = HashMap::new();
///     global::get_text_map_propagator(|propagator| propagator.inject_context(&span.context(), &mut carrier));
///     for (name, text) in carrier {
///         headers.insert(name, text);
///     }
/// }
///
/// // Without a propagator, OpenTelemetry neither reads nor writes headers.
/// global::set_text_map_propagator(TraceContextPropagator::new());
/// let trace = Trace::new().on_receive(continue_trace).on_send(pass_trace_on);
/// let server = Server::new().layer(trace.clone());
/// let client = Client::builder().layer(trace);
/// # let _ = (server, client);
/// ```
///
/// A log filter enables the spans with `amqp_rpc_runtime::calls=info`.
#[derive(Clone, Default)]
pub struct Trace {
    on_receive: Option<Arc<Extract>>,
    on_send: Option<Arc<Inject>>,
}

type Extract = dyn Fn(&Span, &Headers) + Send + Sync;
type Inject = dyn Fn(&Span, &mut Headers) + Send + Sync;

impl Trace {
    /// Makes the layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `extract` with the span of every call that a server receives, and with the headers of the
    /// request.
    #[must_use]
    pub fn on_receive(mut self, extract: impl Fn(&Span, &Headers) + Send + Sync + 'static) -> Self {
        self.on_receive = Some(Arc::new(extract));
        self
    }

    /// Calls `inject` to write the trace into headers, in place of this layer: into the headers of every call
    /// that a client sends, and of every call that a server hands to its methods. The span's fields contain
    /// the ids that `inject` writes as `traceparent`, or none if it writes none.
    #[must_use]
    pub fn on_send(mut self, inject: impl Fn(&Span, &mut Headers) + Send + Sync + 'static) -> Self {
        self.on_send = Some(Arc::new(inject));
        self
    }

    /// Puts the trace of `span` into the headers, and its ids into the span.
    fn pass_on(&self, span: &Span, headers: &mut Headers) {
        let context = match &self.on_send {
            Some(inject) => {
                let before = headers.text(semconv::TRACEPARENT).map(str::to_owned);
                inject(span, headers);
                TraceContext::written(before.as_deref(), headers)
            }
            None => {
                let context = TraceContext::child_of(headers);
                headers.insert(semconv::TRACEPARENT, context.to_string());
                Some(context)
            }
        };
        if let Some(context) = context {
            span.record("trace_id", context.trace_id());
            span.record("span_id", context.span_id());
            span.record("parent_span_id", context.parent_span_id());
        }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}

macro_rules! span {
    ($name:literal, $kind:literal, $method:expr, $exchange:expr, $key:expr, $id:expr) => {
        tracing::info_span!(
            target: "amqp_rpc_runtime::calls",
            $name,
            otel.kind = $kind,
            otel.name = $method,
            otel.status_code = Empty,
            { semconv::RPC_SYSTEM_NAME } = semconv::RPC_SYSTEM,
            { semconv::RPC_METHOD } = $method,
            { semconv::RPC_STATUS_CODE } = Empty,
            { semconv::ERROR_TYPE } = Empty,
            { semconv::MESSAGING_SYSTEM } = semconv::MESSAGING_RABBITMQ,
            { semconv::MESSAGING_DESTINATION } = destination($exchange, $key),
            { semconv::MESSAGING_ROUTING_KEY } = $key,
            { semconv::MESSAGING_CONVERSATION_ID } = $id,
            trace_id = Empty,
            span_id = Empty,
            parent_span_id = Empty,
        )
    };
}

fn destination(exchange: &str, key: &str) -> String {
    if exchange.is_empty() { key.to_owned() } else { format!("{exchange}:{key}") }
}

fn record(span: &Span, outcome: Result<(), &str>) {
    span.record(semconv::RPC_STATUS_CODE, outcome.err().unwrap_or("ok"));
    if let Err(error) = outcome {
        span.record(semconv::ERROR_TYPE, error);
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of a call. It records the outcome when it is dropped.
struct Traced {
    span: Option<Span>,
}

impl Traced {
    fn end(mut self, outcome: Result<(), &str>) {
        if let Some(span) = self.span.take() {
            record(&span, outcome);
        }
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            record(&span, Err(of_dropped()));
        }
    }
}

impl Layer<BoxService> for Trace {
    type Service = TracedServer;

    fn layer(&self, next: BoxService) -> TracedServer {
        TracedServer { trace: self.clone(), next }
    }
}

/// The service of [`Trace`] on a server.
#[derive(Clone, Debug)]
pub struct TracedServer {
    trace: Trace,
    next: BoxService,
}

impl RpcService for TracedServer {
    async fn call(&self, mut call: IncomingCall) -> Result<Reply, Fault> {
        let context = &call.context;
        let (exchange, key, id) = (context.exchange(), context.routing_key(), context.correlation_id());
        let span = span!("rpc.server", "server", call.method().full_name, exchange, key, id);
        if span.is_disabled() {
            return self.next.call(call).await;
        }
        if let Some(extract) = &self.trace.on_receive {
            extract(&span, call.context.headers());
        }
        self.trace.pass_on(&span, call.headers_mut());
        // Calls that the method makes are children of this span, not of the caller's.
        let inherited = Inherited::from(Inherited::current().deadline, call.context.headers());
        let traced = Traced { span: Some(span.clone()) };
        let outcome = inherited.scope(self.next.call(call)).instrument(span).await;
        traced.end(of_reply(&outcome));
        outcome
    }
}

impl Layer<BoxClientService> for Trace {
    type Service = TracedClient;

    fn layer(&self, next: BoxClientService) -> TracedClient {
        TracedClient { trace: self.clone(), next }
    }
}

/// The service of [`Trace`] on a client.
#[derive(Clone, Debug)]
pub struct TracedClient {
    trace: Trace,
    next: BoxClientService,
}

impl ClientService for TracedClient {
    async fn call(&self, mut call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        let none: Option<&str> = None;
        let span = span!("rpc.client", "client", call.name(), call.exchange(), call.routing_key(), none);
        if span.is_disabled() {
            return self.next.call(call).await;
        }
        self.trace.pass_on(&span, call.headers_mut());
        let traced = Traced { span: Some(span.clone()) };
        let outcome = self.next.call(call).instrument(span).await;
        traced.end(of_call(&outcome));
        outcome
    }
}
