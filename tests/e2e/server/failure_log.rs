//! The log of failed calls: each once, with caller, method and outcome, and without private data.

use std::time::Duration;

use amqp_rpc::{
    Client, Fault, FaultCode, Server,
    middleware::{self, IncomingCall, Next, Reply},
};
use lapin::BasicProperties;
use tracing::Level;

use crate::{
    services::{
        FibClient, FibError, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start,
    },
    support::{Log, RawPeer, Vhost, await_until, within},
};

fn fib() -> Server {
    Server::new().service(FibServer::new(Fibonacci))
}

fn gate() -> Server {
    Server::new().service(GateServer::new(Gatekeeper::closed()))
}

#[tokio::test]
async fn a_failure_is_logged_once_with_caller_method_and_outcome() {
    let vhost = Vhost::create().await;
    let _server = start(gate(), &vhost).await;
    let client = Client::builder().send_user_id().app_id("billing").connect(vhost.uri()).await.unwrap();
    let log = Log::listen();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let call = GateClient::new(client).panic("not for the caller".into());
    call.header("traceparent", format!("00-{trace}-b7ad6b7169203331-01")).await.unwrap_err();

    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!(line.level, Level::ERROR);
    for (field, text) in [
        ("message", "the method panicked"),
        ("service", "gate"),
        ("method", "gate.panic"),
        ("outcome", "panicked"),
        ("detail", "not for the caller"),
        ("user_id", "guest"),
        ("app_id", "billing"),
        ("trace_id", trace),
        ("redelivered", "false"),
    ] {
        assert_eq!(line.field(field), text, "{field}");
    }
    assert_eq!(line.field("correlation_id").len(), 36);
    assert!(line.field("duration_ms").parse::<f64>().unwrap() > 0.0);
}

#[tokio::test]
async fn method_errors_are_logged_when_enabled_and_without_their_content() {
    let vhost = Vhost::create().await;
    let silent = start(fib(), &vhost).await;
    let fib_client = FibClient::new(connect(&vhost).await);
    let log = Log::listen();
    fib_client.compute(91).await.unwrap_err();
    assert_eq!(log.failures().len(), 0, "they are results like others");

    silent.shutdown().await.unwrap();
    let _server = start(fib().log_errors(), &vhost).await;
    fib_client.compute(91).await.unwrap_err();
    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.level, line.field("outcome")), (Level::INFO, "error"));
    assert!(!format!("{line:?}").contains("TooLarge"), "{line:?}");
}

#[tokio::test]
async fn expected_failures_are_left_out_of_the_log() {
    let vhost = Vhost::create().await;
    let server = fib()
        .service(GateServer::new(Gatekeeper::closed()))
        .log_errors()
        .log_exclude(|failure| matches!(failure.error(), Some(FibError::TooLarge { limit: 90 })))
        .log_exclude(|failure| failure.method().is_some_and(|method| method.full_name == "gate.panic"))
        .log_exclude(|failure| panic!("a function that panics excludes nothing: {failure:?}"));
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let log = Log::listen();
    FibClient::new(client.clone()).compute(91).await.unwrap_err();
    GateClient::new(client).panic("expected".into()).await.unwrap_err();
    assert_eq!(log.failures().len(), 0, "{:#?}", log.failures());

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let properties = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "fib.compute", properties, b"{}").await;
    replies.next().await;
    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.level, line.field("message")), (Level::DEBUG, "refused a request"));
    assert_eq!((line.field("outcome"), line.field("method")), ("bad_request", "fib.compute"));
}

#[tokio::test]
async fn the_detail_of_a_fault_is_logged_and_never_sent() {
    async fn broken(_: IncomingCall, _: Next) -> Result<Reply, Fault> {
        Err(Fault::new(FaultCode::Internal, "try later").with_detail("the disk of db-7 is full"))
    }
    let vhost = Vhost::create().await;
    let _server = start(fib().layer(middleware::from_fn(broken)), &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    let log = Log::listen();
    let error = fib.compute(1).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("db-7"), "{error:?}");

    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.level, line.field("message")), (Level::WARN, "a call failed"));
    assert_eq!((line.field("reason"), line.field("detail")), ("try later", "the disk of db-7 is full"));
}

#[tokio::test]
async fn a_failure_without_a_caller_is_logged_as_a_warning() {
    let vhost = Vhost::create().await;
    let _server = start(fib(), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let log = Log::listen();
    for body in [&br#"{"n":91}"#[..], b"{}"] {
        peer.publish("amqp-rpc", "fib.compute", BasicProperties::default(), body).await;
    }
    await_until("both are logged", || async { log.failures().len() == 2 }).await;
    let mut outcomes: Vec<_> = log.failures().iter().map(|line| line.field("outcome").to_owned()).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["bad_request", "error"]);
    assert!(log.failures().iter().all(|line| line.level == Level::WARN), "{:#?}", log.failures());
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_it_runs_is_logged() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).drain_timeout(Duration::ZERO);
    let server = start(server, &vhost).await;
    let call = tokio::spawn(GateClient::new(connect(&vhost).await).pass(1));
    gate.until_running(1).await;
    let log = Log::listen();
    within("the shutdown", server.shutdown()).await.unwrap();
    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!(
        (line.level, line.field("outcome"), line.field("method")),
        (Level::WARN, "cancelled", "gate.pass")
    );
    call.abort();
}

#[tokio::test]
async fn a_logged_failure_names_the_calling_process_and_the_queue() {
    let vhost = Vhost::create().await;
    let _server = start(fib(), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let log = Log::listen();
    let properties = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("", "fib", properties.with_type("fib.cube".into()), b"{}").await;
    replies.next().await;
    let lines = log.failures();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.level, line.field("outcome")), (Level::DEBUG, "unknown_method"));
    assert_eq!((line.field("queue"), line.field("method")), ("fib", ""));
    assert_eq!(line.field("pid"), std::process::id().to_string());
}

#[tokio::test]
async fn failures_have_a_named_target_and_successes_log_nothing() {
    let vhost = Vhost::create().await;
    let _server = start(fib().log_errors(), &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    fib.compute(1).await.unwrap();
    let log = Log::listen();
    for n in 1..50 {
        fib.compute(n).await.unwrap();
    }
    assert_eq!(log.lines().len(), 0, "{:#?}", log.lines());
    fib.compute(91).await.unwrap_err();
    let lines = log.lines();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!(line.target, "amqp_rpc_runtime::failures");
}
