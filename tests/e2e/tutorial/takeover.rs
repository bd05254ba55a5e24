//! A second server takes over the requests of a server that dies.

use std::time::Duration;

use amqp_rpc::{CallError, Execution, FaultCode, Server};
use futures_util::future::join_all;

use crate::{
    services::{
        FibClient, GateClient, GateServer, Gatekeeper, connect, serve_fib, serve_gate, until_connecting,
    },
    support::{Program, Proxy, Vhost, await_until, within},
};

#[tokio::test]
async fn a_request_of_a_disconnected_server_is_answered_once_by_another() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first = Server::new().service(GateServer::new(first_gate.clone())).start(proxy.uri()).await.unwrap();
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let call = tokio::spawn(gates.pass(17));
    first_gate.until_running(1).await;

    let _second = serve_gate(&vhost, &second_gate, 4).await;
    proxy.refuse(true);
    proxy.cut();
    second_gate.until_running(1).await;
    until_connecting(&first).await;
    // The first server may finish as well: its reply cannot be sent.
    first_gate.open_for(1);
    second_gate.open_for(1);

    assert_eq!(within("the answer", call).await.unwrap().unwrap(), 17);
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.late_replies, stats.unknown_replies), (0, 0, 0));
}

#[tokio::test]
async fn a_killed_process_loses_no_call() {
    let vhost = Vhost::create().await;
    let mut process = Program::example("fib_server", &[], &vhost.uri());
    process.line_with("serving").await;
    // A stopped process has the request and cannot run it.
    process.signal("STOP").await;
    let fib = FibClient::new(connect(&vhost).await);
    let call = tokio::spawn(fib.compute(30));
    await_until("the process has the request", || async { vhost.existing_queue("fib").await.unacked == 1 })
        .await;

    let _second = serve_fib(&vhost).await;
    process.kill().await;
    assert_eq!(within("the answer of the other", call).await.unwrap().unwrap(), 832_040);
    await_until("all is settled", || async { vhost.existing_queue("fib").await.is_settled() }).await;
}

#[tokio::test]
async fn a_server_lost_under_load_loses_no_call() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let service = || Server::new().service(GateServer::new(gate.clone())).concurrency(8);
    let _lost = within("the first server", service().start(proxy.uri())).await.unwrap();
    let _left = within("the second server", service().start(vhost.uri())).await.unwrap();
    let gates = GateClient::new(connect(&vhost).await);

    let calls: Vec<_> = (0..600).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(16).await;
    gate.open_for(300);
    gate.until_started(200).await;
    proxy.cut();
    // What ran on the lost server runs again, and takes a permit again.
    gate.open_for(1200);

    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), tag);
    }
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}

#[tokio::test]
async fn only_idempotent_methods_are_retryable_after_an_unknown_outcome() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let gates = GateClient::new(connect(&vhost).await);
    // The first call of an epoch looks for the exchange; later ones are sent at once.
    gates.echo(0).await.unwrap();
    let soon = Duration::from_millis(100);

    for (error, retryable) in [
        (gates.pass(1).timeout(soon).await.unwrap_err(), false),
        (gates.pass_idempotent(1).timeout(soon).await.unwrap_err(), true),
        (gates.pass_once(1).timeout(soon).await.unwrap_err(), false),
    ] {
        assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, retryable));
    }
}

#[tokio::test]
async fn an_at_most_once_method_is_not_run_by_the_second_server() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let _first = Server::new().service(GateServer::new(first_gate.clone())).start(proxy.uri()).await.unwrap();
    let gates = GateClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all([gates.pass_once(1), gates.pass_once(2)]));
    first_gate.until_running(2).await;

    let _second = serve_gate(&vhost, &second_gate, 4).await;
    proxy.refuse(true);
    proxy.cut();
    for answer in within("the refusals", calls).await.unwrap() {
        let error = answer.unwrap_err();
        assert!(
            matches!(&error, CallError::Fault(fault) if fault.code() == &FaultCode::MaybeExecuted),
            "{error:?}"
        );
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    }
    assert_eq!(second_gate.started(), 0);
}
