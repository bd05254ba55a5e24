//! How a call with a lock may end, and that the next one has its turn then, and not before.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use amqp_rpc::{
    CallError, FaultCode, Server,
    connect::ConnectionState,
    server::{FailedCall, Locks},
};
use futures_util::future::join_all;
use lapin::BasicProperties;

use super::{ClustersClient, Operator};
use crate::{
    services::{connect, start, until_epoch},
    support::{Log, RawPeer, Vhost, await_until, intervals::overlaps, within},
};

fn code_of(error: &CallError<amqp_rpc::contract::NoError>) -> Option<&FaultCode> {
    if let CallError::Fault(fault) = error { Some(fault.code()) } else { None }
}

#[tokio::test]
async fn a_panic_and_a_time_limit_release_the_lock() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let locks = Locks::new();
    let limited = operator.server().handler_timeout(Duration::from_millis(300)).locks(&locks);
    let server = start(limited, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let error = within("the panic", clusters.panic(1)).await.unwrap_err();
    assert_eq!(code_of(&error), Some(&FaultCode::Panicked));
    // It waits for the gate until the limit, and the next one is parked that long.
    let late = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let next = tokio::spawn(clusters.start(1, 2));
    await_until("it is parked", || async { server.stats().parked_calls == 1 }).await;
    let error = within("the limit", late).await.unwrap().unwrap_err();
    assert_eq!(code_of(&error), Some(&FaultCode::DeadlineExceeded));
    operator.gate.until_started(2).await;
    operator.gate.open_for(1);
    // Its limit counts from when it had the lock.
    within("the next one", next).await.unwrap().unwrap();
    assert_eq!(overlaps(&operator.intervals.all()), []);
    assert_eq!(locks.held(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_method_that_was_given_up_holds_its_lock_until_its_thread_returns() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _release = operator.release();
    let locks = Locks::new();
    let limited = operator.server().handler_timeout(Duration::from_millis(300)).locks(&locks);
    let server = start(limited, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let error = within("the limit", clusters.compile(1, 1)).await.unwrap_err();
    assert_eq!(code_of(&error), Some(&FaultCode::DeadlineExceeded));
    assert_eq!(locks.held(), 1, "its thread still runs");
    let next = tokio::spawn(clusters.start(1, 2));
    await_until("it is parked", || async { server.stats().parked_calls == 1 }).await;
    within("another key", clusters.echo(1)).await.unwrap();
    assert_eq!(operator.gate.started(), 1);
    operator.gate.open_for(1);
    operator.gate.until_started(2).await;
    operator.gate.open_for(1);
    within("the next one", next).await.unwrap().unwrap();
    assert_eq!(overlaps(&operator.intervals.all()), []);
    assert_eq!(locks.held(), 0);
}

/// The same for a method that the server has made blocking.
#[tokio::test(flavor = "multi_thread")]
async fn a_method_on_a_thread_of_its_own_holds_its_lock_until_it_has_ended() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _release = operator.release();
    let blocking = amqp_rpc::server::ServiceOptions::new().blocking(["clusters.start"]);
    let server = Server::new().service_with(super::ClustersServer::new(operator.clone()), blocking);
    let server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..6).map(|tag| clusters.start(tag % 2, tag))));
    operator.gate.until_running(2).await;
    await_until("the others are parked", || async { server.stats().parked_calls == 4 }).await;
    operator.gate.open_for(6);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_is_free_when_the_reply_is_there() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let locks = Locks::new();
    let _server = start(operator.server().locks(&locks), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    operator.gate.open_for(2000);
    for tag in 0..1000 {
        clusters.start(tag, tag).await.unwrap();
        assert_eq!(locks.held(), 0);
        clusters.compile(tag, tag).await.unwrap();
        assert_eq!(locks.held(), 0);
    }
}

/// A failure is logged right before its request is settled.
#[tokio::test]
async fn a_lock_is_released_before_its_request_is_settled() {
    // Only what somebody listens to is logged.
    let _log = Log::listen();
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let (locks, seen) = (Locks::new(), Arc::new(Mutex::new(Vec::new())));
    let (held, logged) = (locks.clone(), Arc::clone(&seen));
    let record = move |_: &FailedCall<'_>| {
        logged.lock().expect("it does not panic").push(held.held());
        false
    };
    let _server = start(operator.server().locks(&locks).log_exclude(record), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    for id in 0..3 {
        within("the panic", clusters.panic(id)).await.unwrap_err();
    }
    assert_eq!(*seen.lock().expect("it does not panic"), [0, 0, 0]);
}

/// Not the clients' connections: their calls are to be answered.
async fn lose_the_server_s_connection(vhost: &Vhost) -> usize {
    vhost.close_all_connections().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_request_waits_for_what_is_left_of_its_first_run() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _release = operator.release();
    let server = start(operator.server(), &vhost).await;
    // Without a caller, whose connection would be lost as well.
    let clusters = ClustersClient::new(connect(&vhost).await);
    let call = tokio::spawn(clusters.compile(1, 1));
    operator.gate.until_running(1).await;
    assert!(lose_the_server_s_connection(&vhost).await > 0);
    until_epoch(&server, 2).await;
    await_until("it was delivered again, and waits", || async { server.stats().parked_calls == 1 }).await;
    assert_eq!(operator.gate.started(), 1);
    operator.gate.open_for(2);
    operator.gate.until_started(2).await;
    operator.gate.until_running(0).await;
    assert_eq!(operator.intervals.order_of(1), [1, 1]);
    assert_eq!(overlaps(&operator.intervals.all()), []);
    assert!(matches!(server.state(), ConnectionState::Ready { .. }));
    // Its caller knows nothing, or has the second reply; that is not what this is about.
    drop(within("the call", call).await);
}

#[tokio::test]
async fn a_shutdown_runs_the_parked_calls_one_after_the_other() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().concurrency(2), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..10).map(|tag| clusters.start(1, tag))));
    await_until("nine are parked", || async { server.stats().parked_calls == 9 }).await;
    let shutdown = tokio::spawn(server.shutdown());
    await_until("the queue is consumed no more", || async {
        vhost.existing_queue("clusters").await.consumers == 0
    })
    .await;
    operator.gate.open_for(10);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert!(within("the shutdown", shutdown).await.unwrap().unwrap().is_clean());
    assert_eq!(operator.intervals.order_of(1), (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn parked_calls_that_a_shutdown_cancels_have_not_begun() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = operator.server().drain_timeout(Duration::from_millis(100));
    let server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    // By hand: a client would send it again to the next server.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "clusters.start_once", request, br#"{"id":1,"tag":2}"#).await;
    await_until("it is parked", || async { server.stats().parked_calls == 1 }).await;
    let parked = tokio::spawn(clusters.start(1, 3));
    await_until("both are parked", || async { server.stats().parked_calls == 2 }).await;
    within("the shutdown", server.shutdown()).await.unwrap();
    assert_eq!(replies.next().await.json()["code"], "shutting_down");
    // The others are in the queue again, and another server runs them.
    operator.gate.open_for(2);
    let _server = start(operator.server(), &vhost).await;
    within("the first", first).await.unwrap().unwrap();
    within("the parked one", parked).await.unwrap().unwrap();
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn nothing_is_kept_of_keys_that_are_not_in_use() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let locks = Locks::new();
    let _server = start(operator.server().locks(&locks), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..60).map(|tag| clusters.start(tag % 30, tag))));
    operator.gate.until_running(30).await;
    assert_eq!(locks.held(), 30);
    operator.gate.open_for(60);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(locks.held(), 0);
}
