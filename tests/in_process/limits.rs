//! Timeouts, dropped calls, and the limit of calls in flight.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use amqp_rpc::{CallError, Client, Execution, error::Phase};

use crate::services::{OrdersClient, OrdersServer, Shop, run_tasks};

#[tokio::test]
async fn a_method_that_never_ends_is_a_timeout_of_a_call_that_may_have_run() {
    let error = Shop::client().wait().timeout(Duration::from_millis(20)).await.unwrap_err();
    let CallError::Timeout(timeout) = &error else { panic!("{error}") };
    assert_eq!((timeout.phase(), timeout.after()), (Phase::Sent, Duration::from_millis(20)));
    assert_eq!(error.execution(), Execution::Unknown);
}

#[tokio::test(start_paused = true)]
async fn timeouts_follow_a_paused_clock() {
    let (began, orders) = (Instant::now(), Shop::client());
    for _ in 0..2 {
        let before = tokio::time::Instant::now();
        let error = orders.wait().timeout(Duration::from_secs(3600)).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error}");
        assert!(before.elapsed() > Duration::from_secs(3599), "{:?}", before.elapsed());
    }
    assert!(began.elapsed() < Duration::from_secs(600), "the clock was not paused");
    assert_eq!(orders.total(1).await.unwrap(), 100);
}

#[tokio::test]
async fn a_call_without_time_does_not_run() {
    let (shop, _gate) = Shop::closed();
    let orders = OrdersClient::new(Client::in_process(OrdersServer::from_arc(Arc::clone(&shop))));
    let error = orders.wait().timeout(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!((error.execution(), shop.started.load(Ordering::Relaxed)), (Execution::Never, 0));
}

#[tokio::test(start_paused = true)]
async fn a_method_goes_on_when_its_call_has_timed_out_or_was_dropped() {
    let (shop, gate) = Shop::closed();
    let orders = OrdersClient::new(Client::in_process(OrdersServer::from_arc(Arc::clone(&shop))));
    orders.wait().await.unwrap_err();
    let mut dropped = Box::pin(orders.wait());
    tokio::select! {
        biased;
        ended = &mut dropped => panic!("{ended:?}"),
        () = run_tasks() => {}
    }
    drop(dropped);
    assert_eq!(shop.started.load(Ordering::Relaxed), 2);
    assert_eq!(shop.ended.load(Ordering::Relaxed), 0);
    gate.add_permits(2);
    run_tasks().await;
    assert_eq!(shop.ended.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn methods_end_with_the_last_handle_of_their_client() {
    let (shop, _gate) = Shop::closed();
    let orders = OrdersClient::new(Client::in_process(OrdersServer::from_arc(Arc::clone(&shop))));
    orders.wait().await.unwrap_err();
    assert!(Arc::strong_count(&shop) > 1);
    drop(orders);
    run_tasks().await;
    assert_eq!(Arc::strong_count(&shop), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_above_max_in_flight_wait_within_their_timeout() {
    let (shop, gate) = Shop::closed();
    let builder = Client::builder().max_in_flight(1).in_process();
    let client = builder.service(OrdersServer::from_arc(Arc::clone(&shop))).build().unwrap();
    let orders = OrdersClient::new(client.clone());
    let first = tokio::spawn(orders.wait().timeout(Duration::from_secs(60)));
    run_tasks().await;
    let error = orders.wait().timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error}");
    assert_eq!((client.stats().in_flight, shop.started.load(Ordering::Relaxed)), (1, 1));
    gate.add_permits(2);
    assert_eq!(first.await.unwrap().unwrap(), 0);
    assert_eq!(orders.wait().await.unwrap(), 1);
    assert_eq!(client.stats().in_flight, 0);
}
