//! A server outlives connections and queues. Over 300 lines because its tests share the ways to lose a connection.

use std::time::Duration;

use amqp_rpc::{
    ConnectOptions, ConnectionState, Declare, QueueOptions, RunningServer, ServeError, Server, StartError,
};
use futures_util::FutureExt;
use lapin::{options::QueueDeclareOptions, types::FieldTable};

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start,
        until_connecting, until_epoch,
    },
    support::{Proxy, QueueState, RawPeer, Vhost, await_until, within},
};

const PATIENCE: Duration = Duration::from_secs(20);

fn both(gate: &Gatekeeper) -> Server {
    Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()))
}

async fn start_by(proxy: &Proxy, server: Server) -> RunningServer {
    within("the server to start", server.start(proxy.uri())).await.expect("the server starts")
}

/// Loses the connection and keeps the next one from coming about.
async fn lose(server: &RunningServer, proxy: &Proxy) {
    proxy.refuse(true);
    proxy.cut();
    until_connecting(server).await;
}

fn assert_serving(server: &RunningServer, epoch: u64) {
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
        // What ran on the lost connection is cancelled, and comes again.
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
    server.wait_ready(PATIENCE).await.unwrap();
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
async fn a_deleted_queue_is_declared_again_and_calls_and_other_queues_do_not_notice() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = start(both(&gate), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let call = tokio::spawn(gates.pass(3));
    gate.until_running(1).await;

    vhost.delete_queue("fib").await;
    vhost.delete_queue("gate").await;
    for queue in ["fib", "gate"] {
        await_until("the queue is consumed again", || async {
            vhost.queue(queue).await.is_some_and(|queue| queue.consumers == 1)
        })
        .await;
    }
    assert_eq!(within("a call to the new queue", gates.echo(1)).await.unwrap(), 1);
    assert_eq!(within("a call to the new queue", FibClient::new(client).compute(10)).await.unwrap(), 55);
    gate.open_for(1);
    assert_eq!(within("the call that ran meanwhile", call).await.unwrap().unwrap(), 3);
    assert_serving(&server, 1);
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_queue_declared_by_others_is_waited_for_while_the_rest_is_served() {
    for declare in [Declare::Passive, Declare::None] {
        let vhost = Vhost::create().await;
        let gate = Gatekeeper::closed();
        start(both(&gate), &vhost).await.shutdown().await.unwrap();
        let server = start(both(&gate).declare(declare), &vhost).await;
        let gates = GateClient::new(connect(&vhost).await);

        vhost.delete_queue("fib").await;
        for tag in 0..20 {
            assert_eq!(within("the other queue", gates.echo(tag)).await.unwrap(), tag);
        }
        let peer = RawPeer::connect(&vhost.uri()).await;
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        peer.declare_queue("fib", durable, FieldTable::default()).await;
        await_until("it is consumed", || async { vhost.existing_queue("fib").await.consumers == 1 }).await;
        assert_serving(&server, 1);

        // A drain that comes while a queue is missing waits for nothing.
        vhost.delete_queue("fib").await;
        assert_eq!(within("it hears of that first", gates.echo(0)).await.unwrap(), 0);
        assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn a_queue_that_is_refused_after_a_reconnect_does_not_stop_the_others() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, both(&Gatekeeper::closed())).await;
    lose(&server, &proxy).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    vhost.delete_queue("fib").await;
    // Declared without its arguments: 406 for the server.
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    peer.declare_queue("fib", durable, FieldTable::default()).await;
    proxy.refuse(false);
    until_epoch(&server, 2).await;
    let client = connect(&vhost).await;
    assert_eq!(within("the other queue", GateClient::new(client.clone()).echo(1)).await.unwrap(), 1);
    assert_eq!(vhost.existing_queue("fib").await.consumers, 0);

    vhost.delete_queue("fib").await;
    await_until("it is made and consumed", || async {
        vhost.queue("fib").await.is_some_and(|queue| queue.consumers == 1)
    })
    .await;
    assert_eq!(within("the call", FibClient::new(client).compute(10)).await.unwrap(), 55);
    assert_serving(&server, 2);
}

#[tokio::test]
async fn the_state_says_what_keeps_a_server_from_serving_again() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, Server::new().service(FibServer::new(Fibonacci))).await;
    lose(&server, &proxy).await;
    vhost.delete_queue("fib").await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    peer.declare_queue("fib", durable, FieldTable::default()).await;
    proxy.refuse(false);

    await_until("the state says what is wrong", || async {
        let state = server.state().to_string();
        state.contains("queue `fib` exists with other arguments") && state.contains("PRECONDITION_FAILED")
    })
    .await;
    vhost.delete_queue("fib").await;
    until_epoch(&server, 2).await;
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
}

#[tokio::test]
async fn a_server_can_be_started_before_its_broker() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    proxy.refuse(true);
    let server = Server::new().service(FibServer::new(Fibonacci)).queue_options(QueueOptions::plain());
    let options = ConnectOptions::new(proxy.uri()).wait_for_broker(PATIENCE);
    let mut starting = Box::pin(server.start(options));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut starting).await;
    assert!(early.is_err(), "there is no broker yet");
    proxy.refuse(false);
    let server = within("the start", starting).await.unwrap();
    assert_serving(&server, 1);
}
