//! Locks of events, of their functions, and of methods in layers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    Fault, FaultCode, Server, Subscription,
    middleware::{self, IncomingCall, Next},
};
use futures_util::future::join_all;
use tokio::sync::mpsc;

use super::{ChangesChanged, ChangesClient, ChangesServer, ClustersClient, Handled, Operator};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, intervals::overlaps, within},
};

#[tokio::test]
async fn events_of_a_group_are_locked_and_kept_in_order() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = Server::new().subscribe(
        ChangesServer::new(operator.clone()),
        Subscription::group("watchers").to_all::<ChangesChanged>(),
    );
    let server = start(server, &vhost).await;
    let changes = ChangesClient::new(connect(&vhost).await);
    for tag in 0..10 {
        within("the confirm", changes.changed(tag % 2, tag)).await.unwrap();
    }
    operator.gate.until_running(2).await;
    await_until("the others are parked", || async { server.stats().parked_calls == 8 }).await;
    operator.gate.open_for(10);
    operator.gate.until_started(10).await;
    operator.gate.until_running(0).await;
    assert_eq!(operator.intervals.order_of(0), [0, 2, 4, 6, 8]);
    assert_eq!(operator.intervals.order_of(1), [1, 3, 5, 7, 9]);
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn events_that_functions_handle_are_locked_as_well() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let (sender, mut handled) = mpsc::unbounded_channel();
    let (sender, handling): (Handled, _) = (sender, operator.clone());
    let watchers = Subscription::group("watchers").on::<ChangesChanged>(move |event, _| {
        let (sender, handling) = (sender.clone(), handling.clone());
        async move {
            handling.operate(event.id, event.tag).await;
            sender.send(event.tag)
        }
    });
    let server = start(Server::new().handle_events(watchers), &vhost).await;
    let changes = ChangesClient::new(connect(&vhost).await);
    for tag in 0..5 {
        within("the confirm", changes.changed(1, tag)).await.unwrap();
    }
    await_until("four are parked", || async { server.stats().parked_calls == 4 }).await;
    operator.gate.open_for(5);
    for tag in 0..5 {
        assert_eq!(within("an event", handled.recv()).await, Some(tag));
    }
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn a_layer_sees_a_call_when_it_has_its_lock() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let count = move |call: IncomingCall, next: Next| {
        counted.fetch_add(1, Ordering::SeqCst);
        next.run(call)
    };
    let server = start(operator.server().layer(middleware::from_fn(count)), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..5).map(|tag| clusters.start(1, tag))));
    await_until("four are parked", || async { server.stats().parked_calls == 4 }).await;
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    operator.gate.open_for(5);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(seen.load(Ordering::SeqCst), 5);
}

/// Otherwise the next message would overtake the one that is retried.
#[tokio::test]
async fn a_notification_that_a_layer_refuses_keeps_its_lock_while_it_is_retried() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let refusals = Arc::new(AtomicUsize::new(0));
    let refused = Arc::clone(&refusals);
    let refuse_twice = move |call: IncomingCall, next: Next| {
        let is_refused = refused.fetch_add(1, Ordering::SeqCst) < 2;
        async move {
            if is_refused {
                return Err(Fault::new(FaultCode::Overloaded, "not yet"));
            }
            next.run(call).await
        }
    };
    let server = start(operator.server().layer(middleware::from_fn(refuse_twice)), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    operator.gate.open_for(3);
    for tag in 0..3 {
        within("the confirm", clusters.note(1, tag)).await.unwrap();
    }
    operator.gate.until_started(3).await;
    operator.gate.until_running(0).await;
    assert_eq!(operator.intervals.order_of(1), [0, 1, 2]);
    assert_eq!(refusals.load(Ordering::SeqCst), 5);
    await_until("all is settled", || async { vhost.existing_queue("clusters").await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("clusters.dead").await.ready, 0);
    within("the shutdown", server.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_time_that_a_call_is_parked_does_not_count_towards_its_method_s_limit() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = operator.server().handler_timeout(Duration::from_secs(1));
    let server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..3).map(|tag| clusters.start(1, tag))));
    await_until("two are parked", || async { server.stats().parked_calls == 2 }).await;
    // The first and the second run until their limits; the third has been parked for two seconds then.
    operator.gate.until_started(3).await;
    operator.gate.open_for(1);
    let results = within("the calls", calls).await.unwrap();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results[2].is_ok());
}
