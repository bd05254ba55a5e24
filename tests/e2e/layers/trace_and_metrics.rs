//! The built-in layers `Trace` and `Metrics`.

#[path = "../../../examples/more/layers/recorder.rs"]
mod recorder;

use std::{collections::BTreeMap, time::Duration};

use amqp_rpc::{
    CallError, Client, Context, Server,
    layers::{Metrics, Trace, semconv},
    rpc_service,
};
use recorder::Remembered;
use tracing_subscriber::layer::SubscriberExt;

use super::builtin::gate_with;
use crate::{
    services::{FibClient, GateClient, Gatekeeper, start},
    support::{Log, Vhost, await_until, listen_by, within},
};

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
async fn a_trace_passes_unchanged_where_spans_are_disabled() {
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

#[tokio::test]
async fn a_server_measures_the_calls_that_run_on_without_their_callers() {
    let metrics = Remembered::default();
    let _recording = metrics::set_default_local_recorder(&metrics);
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, Metrics::new()), &vhost).await;
    let gates = GateClient::new(crate::services::connect(&vhost).await);
    let patient = tokio::spawn(gates.pass(1).into_future());
    let error = gates.pass(2).timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    let name =
        format!("{} {{rpc.system.name=amqp_rpc, rpc.method=gate.pass}}", semconv::RPC_SERVER_ABANDONED);
    let abandoned = || metrics.all().get(&name).cloned().unwrap_or_default();
    await_until("it is counted", || async { abandoned() == [1.0] }).await;
    gate.open_for(2);
    within("the patient call", patient).await.unwrap().unwrap();
    await_until("it has ended", || async { abandoned() == [1.0, 0.0] }).await;
}
