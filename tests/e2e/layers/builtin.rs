//! The ready-made layers, each by what its caller and its operator notice: over 300 lines because each has a scene of its own.

#[path = "../../../examples/layers/recorder.rs"]
mod recorder;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, Context, Execution, Fault, FaultCode, IncomingCall, Reply, Server,
    layers::{Authorize, CatchPanic, ConcurrencyLimit, LoadShed, Metrics, RateLimit, Timeout, Trace},
    middleware::{self, Next},
    rpc_service, semconv,
};
use recorder::Remembered;
use tokio::sync::{mpsc, oneshot};
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start},
    support::{Log, Vhost, await_until, listen_by, within},
};

fn gate_with<L>(gate: &Gatekeeper, layer: L) -> Server
where
    L: tower_layer::Layer<amqp_rpc::BoxService> + Send + Sync + 'static,
    L::Service: amqp_rpc::RpcService,
{
    Server::new().service(GateServer::new(gate.clone())).layer(layer)
}

fn code<E>(error: &CallError<E>) -> Option<&FaultCode> {
    match error {
        CallError::Fault(fault) => Some(fault.code()),
        _ => None,
    }
}

/// Waits until the server has refused a call that waited too long: its caller hears so, or has just given up.
pub(crate) async fn until_expired<E: std::fmt::Debug>(client: &Client, error: &CallError<E>) {
    if code(error) == Some(&FaultCode::Expired) {
        return;
    }
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    await_until("the server's answer, too late", || async { client.stats().late_replies == 1 }).await;
}

#[tokio::test]
async fn calls_above_the_bound_of_load_shed_are_overloaded_at_once() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, LoadShed::above(2)), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let running: Vec<_> = (0..2).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(2).await;
    let error = gates.pass(2).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Overloaded), Execution::Never));
    assert!(error.is_retryable());
    gate.open_for(2);
    for call in running {
        within("what runs", call).await.unwrap().unwrap();
    }
    assert_eq!(gates.echo(3).await.unwrap(), 3, "there is room again");
}

#[tokio::test]
async fn a_method_at_its_limit_waits_and_others_do_not() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, ConcurrencyLimit::new().of("gate.pass", 1)), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let calls: Vec<_> = (0..3).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(1).await;
    assert_eq!(gates.echo(7).await.unwrap(), 7, "another method");
    let late = gates.pass(8).timeout(Duration::from_millis(50)).await.unwrap_err();
    until_expired(&client, &late).await;
    gate.open_for(3);
    for call in calls {
        within("a call that waited", call).await.unwrap().unwrap();
    }
    assert_eq!((gate.most_running(), gate.started()), (1, 3), "what waited too long did not run");
}

#[tokio::test]
async fn calls_above_the_rate_are_overloaded_per_caller() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let limit = RateLimit::new(2, Duration::from_secs(3600)).per_caller();
    let _server = start(gate_with(&gate, limit), &vhost).await;
    let unnamed = GateClient::new(connect(&vhost).await);
    let named = Client::builder().state_user().connect(vhost.uri()).await.unwrap();
    let named = GateClient::new(named);
    for gates in [&unnamed, &named] {
        for tag in 0..2 {
            assert_eq!(gates.echo(tag).await.unwrap(), tag);
        }
        let error = gates.echo(2).await.unwrap_err();
        assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Overloaded), Execution::Never));
    }
}

#[tokio::test]
async fn a_call_is_unauthorized_unless_the_async_check_allows_it() {
    let vhost = Vhost::create().await;
    let (questions, mut authority) = mpsc::unbounded_channel::<(Option<String>, oneshot::Sender<bool>)>();
    let allowed = move |call: &IncomingCall| {
        let (answer, answered) = oneshot::channel();
        let token = call.context().headers().text("token").map(str::to_owned);
        questions.send((token, answer)).expect("the authority lives");
        async move { answered.await.unwrap_or(false) }
    };
    let asked = tokio::spawn(async move {
        while let Some((token, answer)) = authority.recv().await {
            let _ = answer.send(token.as_deref() == Some("s3same"));
        }
    });
    let server = Server::new().service(FibServer::new(Fibonacci)).layer(Authorize::by(allowed));
    let _server = start(server, &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    assert_eq!(fib.compute(10).header("token", "s3same").await.unwrap(), 55);
    let error = fib.compute(10).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Unauthorized), Execution::Never));
    asked.abort();
}

#[tokio::test]
async fn each_method_is_cancelled_after_its_own_time() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let limits = Timeout::after(Duration::from_secs(3600)).of("gate.pass", Duration::from_millis(50));
    let _server = start(gate_with(&gate, limits), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let patient = tokio::spawn(gates.pass_once(1));
    gate.until_running(1).await;
    let error = gates.pass(2).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::DeadlineExceeded), Execution::Unknown));
    gate.until_running(1).await;
    gate.open_for(1);
    assert_eq!(within("the other", patient).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_panic_that_is_caught_inside_is_a_fault_for_the_layers_outside() {
    let vhost = Vhost::create().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = {
        let seen = Arc::clone(&seen);
        middleware::from_fn(move |call: IncomingCall, next: Next| {
            let seen = Arc::clone(&seen);
            async move {
                let outcome: Result<Reply, Fault> = next.run(call).await;
                let fault = outcome.as_ref().err().cloned();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                outcome
            }
        })
    };
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, noting).layer(CatchPanic::new()), &vhost).await;
    let log = Log::listen();
    let error = GateClient::new(connect(&vhost).await).panic("for the log".into()).await.unwrap_err();
    assert!(!error.to_string().contains("for the log"), "{error}");
    let seen = seen.lock().unwrap().clone();
    let [Some(fault)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((fault.code(), fault.detail()), (&FaultCode::Panicked, Some("for the log")));
    assert_eq!(log.failures().len(), 1, "{:#?}", log.failures());
}

/// Calls itself once more, through a client with the same layer.
#[rpc_service]
trait Echo {
    async fn twice(&self, #[rpc(context)] cx: &Context) -> Option<String>;
    async fn once(&self, #[rpc(context)] cx: &Context) -> Option<String>;
}

struct Canyon(EchoClient);

impl Echo for Canyon {
    async fn twice(&self, _: &Context) -> Option<String> {
        self.0.once().await.expect("it is served")
    }

    async fn once(&self, cx: &Context) -> Option<String> {
        cx.headers().text("traceparent").map(str::to_owned)
    }
}

async fn echo(vhost: &Vhost) -> (amqp_rpc::RunningServer, EchoClient) {
    let client = Client::builder().layer(Trace::new()).timeout(Duration::from_secs(30)).connect(vhost.uri());
    let echo = EchoClient::new(client.await.expect("it connects"));
    let server = Server::new().service(EchoServer::new(Canyon(echo.clone()))).layer(Trace::new());
    (start(server, vhost).await, echo)
}

#[tokio::test]
async fn a_trace_goes_from_call_to_call_and_every_span_names_its_parent() {
    let vhost = Vhost::create().await;
    let (_server, echo) = echo(&vhost).await;
    let log = Log::listen();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let call = echo.twice().header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    let last = call.await.unwrap().expect("there is a trace");

    let spans = log.spans();
    let calls: Vec<_> = spans.iter().map(|span| (&*span.name, span.field(semconv::RPC_METHOD))).collect();
    let expected = [
        ("rpc.client", "echo.twice"),
        ("rpc.server", "echo.twice"),
        ("rpc.client", "echo.once"),
        ("rpc.server", "echo.once"),
    ];
    assert_eq!(calls, expected);
    let mut parent = "b7ad6b7169203331";
    for span in &spans {
        assert_eq!((span.field("trace_id"), span.field("parent_span_id")), (trace, parent), "{span:?}");
        assert_eq!((span.field(semconv::RPC_STATUS_CODE), span.field(semconv::ERROR_TYPE)), ("ok", ""));
        parent = span.field("span_id");
    }
    assert_eq!(last, format!("00-{trace}-{parent}-01"), "what the last method sees");
    let known: BTreeMap<_, _> = spans[1].fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    for (name, text) in [
        (semconv::RPC_SYSTEM_NAME, semconv::RPC_SYSTEM),
        (semconv::MESSAGING_SYSTEM, "rabbitmq"),
        (semconv::MESSAGING_DESTINATION, "amqp-rpc:echo.twice"),
        (semconv::MESSAGING_ROUTING_KEY, "echo.twice"),
        ("otel.kind", "server"),
        ("otel.name", "echo.twice"),
    ] {
        assert_eq!(known.get(name), Some(&text), "{known:?}");
    }
}

#[tokio::test]
async fn a_span_records_the_outcome_of_its_call_and_nothing_private() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, Trace::new()), &vhost).await;
    let client = Client::builder().layer(Trace::new()).connect(vhost.uri()).await.unwrap();
    let log = Log::listen();
    let call = GateClient::new(client.clone()).panic("private".into()).header("token", "private");
    call.await.unwrap_err();
    FibClient::new(client).compute(1).await.unwrap_err();

    let spans = log.spans();
    let ended: Vec<_> = spans.iter().map(|span| (&*span.name, span.field(semconv::ERROR_TYPE))).collect();
    // The panic unwinds through the server's layer, which is outside of what catches it.
    assert_eq!(ended, [("rpc.client", "panicked"), ("rpc.server", "panicked"), ("rpc.client", "unroutable")]);
    assert!(!format!("{spans:?}").contains("private"), "{spans:#?}");
}

#[tokio::test]
async fn where_spans_are_switched_off_a_trace_passes_unchanged() {
    let off = tracing_subscriber::registry().with(tracing_subscriber::filter::LevelFilter::OFF);
    let _off = listen_by(off);
    let vhost = Vhost::create().await;
    let (_server, echo) = echo(&vhost).await;
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let seen = echo.twice().header("traceparent", header).await.unwrap();
    assert_eq!(seen.as_deref(), Some(header));
    assert_eq!(echo.twice().await.unwrap(), None);
}

#[tokio::test]
async fn both_sides_measure_durations_outcomes_and_calls_in_flight() {
    let metrics = Remembered::default();
    let _recording = metrics::set_default_local_recorder(&metrics);
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, Metrics::new()), &vhost).await;
    let client = Client::builder().layer(Metrics::new()).connect(vhost.uri()).await.unwrap();
    let gates = GateClient::new(client);
    gates.echo(1).await.unwrap();
    gates.panic("expected".into()).await.unwrap_err();
    let dropped = tokio::spawn(gates.pass(2));
    gate.until_running(1).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    gate.open_for(1);
    gate.until_running(0).await;

    let name = |name: &str, method: &str, end: &str| {
        format!("{name} {{rpc.system.name=amqp_rpc, rpc.method=gate.{method}{end}}}")
    };
    let ok = ", rpc.response.status_code=ok";
    let failed = |error: &str| format!(", rpc.response.status_code={error}, error.type={error}");
    let [client, server] = [semconv::RPC_CLIENT_DURATION, semconv::RPC_SERVER_DURATION];
    let names = [
        name(client, "echo", ok),
        name(server, "echo", ok),
        name(client, "panic", &failed("panicked")),
        // The panic unwinds through the server's layer, which is outside of what catches it.
        name(server, "panic", &failed("panicked")),
        name(client, "pass", &failed("cancelled")),
    ];
    let all = metrics.all();
    for name in &names {
        let values = all.get(name).unwrap_or_else(|| panic!("{name} is not among {all:#?}"));
        assert!(values.len() == 1 && values[0] > 0.0, "{name}: {values:?}");
    }
    let active = all.get(&name(semconv::RPC_CLIENT_ACTIVE, "pass", "")).map(Vec::as_slice);
    assert_eq!(active, Some(&[1.0, 0.0][..]), "{all:#?}");
}
