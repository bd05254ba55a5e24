//! A server that loses its connection reconnects and serves on.

use std::time::Duration;

use amqp_rpc::{
    ConnectOptions, RunningServer, Server,
    connect::ConnectionState,
    error::{ServeError, StartError},
    server::QueueOptions,
};
use futures_util::FutureExt;

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start,
        until_connecting, until_epoch,
    },
    support::{Proxy, QueueState, Vhost, await_until, within},
};

const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn both(gate: &Gatekeeper) -> Server {
    Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()))
}

pub(super) async fn start_by(proxy: &Proxy, server: Server) -> RunningServer {
    within("the server to start", server.start(proxy.uri())).await.expect("the server starts")
}

/// Cuts the connection and refuses the next one.
pub(super) async fn lose(server: &RunningServer, proxy: &Proxy) {
    proxy.refuse(true);
    proxy.cut();
    until_connecting(server).await;
}

pub(super) fn assert_serving(server: &RunningServer, epoch: u64) {
    let state = server.state();
    assert!(state.is_ready() && state.epoch() == Some(epoch), "{state}");
}

#[tokio::test]
async fn a_server_that_loses_its_connection_repeatedly_serves_on() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = start_by(&proxy, both(&gate)).await;
    assert!(server.failed().now_or_never().is_none(), "a server that serves has not failed");
    let client = connect(&vhost).await;
    for epoch in 2..=4 {
        let call = tokio::spawn(GateClient::new(client.clone()).pass(epoch));
        gate.until_running(1).await;
        proxy.cut();
        // Calls that ran on the lost connection are cancelled and redelivered.
        until_epoch(&server, epoch).await;
        gate.open_for(1);
        assert_eq!(within("the answer", call).await.unwrap().unwrap(), epoch);
        assert_eq!(within("the other queue", FibClient::new(client.clone()).compute(10)).await.unwrap(), 55);
    }
    assert_eq!(server.state().epoch(), Some(4));
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    assert_eq!(vhost.connections().await, 1, "no connection of the server is left");
}

#[tokio::test]
async fn a_server_cut_off_repeatedly_under_load_loses_no_call() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, both(&Gatekeeper::closed())).await;
    let client = connect(&vhost).await;
    let (gates, fib) = (GateClient::new(client.clone()), FibClient::new(client));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (gates, fib, stopped) = (gates.clone(), fib.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut calls = 0;
                while !*stopped.borrow() {
                    assert_eq!(gates.echo(calls).await.unwrap(), calls);
                    assert_eq!(fib.compute(20).await.unwrap(), 6765);
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    for epoch in 2..=8 {
        assert_eq!(within("a call of each epoch", gates.echo(epoch)).await.unwrap(), epoch);
        proxy.cut();
        until_epoch(&server, epoch).await;
    }
    stop.send(true).unwrap();
    for caller in callers {
        assert!(within("the caller", caller).await.expect("no call failed") > 0);
    }
    for queue in ["fib", "gate"] {
        await_until("all is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
    }
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn calls_that_run_when_the_connection_is_lost_are_cancelled() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = start_by(&proxy, both(&gate)).await;
    let _call = tokio::spawn(GateClient::new(connect(&vhost).await).pass(1));
    gate.until_running(1).await;
    lose(&server, &proxy).await;
    gate.until_running(0).await;
    let settled = QueueState { ready: 1, unacked: 0, consumers: 0 };
    await_until("the request waits", || async { vhost.existing_queue("gate").await == settled }).await;
}

#[tokio::test]
async fn a_server_that_cannot_connect_says_how_often_and_why_it_failed() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, both(&Gatekeeper::closed())).await;
    assert_eq!(server.wait_ready(Duration::ZERO).await, Ok(()));
    let mut states = server.state_changes();
    lose(&server, &proxy).await;
    let error = server.wait_ready(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(error.state, ConnectionState::Connecting { .. }), "{error}");
    let reason = loop {
        match within("the second failure", states.changed()).await.expect("the server lives") {
            ConnectionState::Connecting { failures, reason, .. } if failures >= 2 => break reason,
            _ => {}
        }
    };
    assert!(reason.contains("127.0.0.1"), "{reason}");

    proxy.refuse(false);
    server.wait_ready(TIMEOUT).await.unwrap();
    assert_eq!(server.state().epoch(), Some(2));
    assert_eq!(within("the call", FibClient::new(connect(&vhost).await).compute(10)).await.unwrap(), 55);
}

#[tokio::test]
async fn a_shutdown_without_a_connection_has_nothing_to_drain_and_returns_at_once() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, both(&Gatekeeper::closed())).await;
    let mut states = server.state_changes();
    lose(&server, &proxy).await;
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    assert!(states.current().is_closed(), "{}", states.current());
    assert_eq!(states.changed().await.map(|state| state.is_closed()), Some(true));
    assert_eq!(states.changed().await, None, "nothing comes after that");
}

#[tokio::test]
async fn a_server_that_stops_reconnecting_says_so() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let options = || ConnectOptions::new(proxy.uri()).give_up_after(Duration::ZERO);
    let gate = Gatekeeper::closed();
    let watched = within("the server", both(&gate).start(options())).await.unwrap();
    let run = within("the server", both(&gate).start(options())).await.unwrap();
    let run = tokio::spawn(run.run_until(std::future::pending::<()>()));
    proxy.refuse(true);
    proxy.cut();

    for failure in [
        within("the end of run_until", run).await.unwrap().unwrap_err(),
        within("the failure", watched.failed()).await,
        watched.shutdown().await.unwrap_err(),
    ] {
        assert!(matches!(&failure, ServeError::GivenUp(why) if matches!(**why, StartError::Connect(_))));
    }
}

#[tokio::test]
async fn a_connection_lost_while_draining_is_not_replaced() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = start_by(&proxy, both(&gate)).await;
    let mut states = server.state_changes();
    let _call = tokio::spawn(GateClient::new(connect(&vhost).await).pass(1));
    gate.until_running(1).await;
    let shutdown = tokio::spawn(server.shutdown());
    await_until("it drains", || async { vhost.existing_queue("gate").await.consumers == 0 }).await;
    assert_eq!(states.current(), ConnectionState::Draining);

    proxy.cut();
    let error = within("the shutdown", shutdown).await.unwrap().unwrap_err();
    assert!(matches!(error, ServeError::Disconnected(_)), "{error:?}");
    assert!(matches!(states.changed().await, Some(ConnectionState::Closed { .. })));
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn a_dropped_server_is_closed() {
    let vhost = Vhost::create().await;
    let server = start(both(&Gatekeeper::closed()), &vhost).await;
    let mut states = server.state_changes();
    drop(server);
    let last = loop {
        match within("the end", states.changed()).await {
            Some(state) => drop(state),
            None => break states.current(),
        }
    };
    assert!(last.is_closed(), "{last}");
}

#[tokio::test]
async fn a_server_can_be_started_before_its_broker() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    proxy.refuse(true);
    let server = Server::new().service(FibServer::new(Fibonacci)).queue_options(QueueOptions::plain());
    let options = ConnectOptions::new(proxy.uri()).wait_for_broker(TIMEOUT);
    let mut starting = Box::pin(server.start(options));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut starting).await;
    assert!(early.is_err(), "there is no broker yet");
    proxy.refuse(false);
    let server = within("the start", starting).await.unwrap();
    assert_serving(&server, 1);
}
