//! What excludes what, and in which order.

use futures_util::future::join_all;

use super::{Cluster, ClustersClient, Operator};
use crate::{
    services::{connect, start},
    support::{
        Vhost, await_until,
        intervals::{most_keys_at_once, overlaps},
        within,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn equal_values_never_run_at_the_same_time_and_different_ones_do_in_the_order_of_arrival() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    // Sent in this order over one connection: of more than 128 futures tokio polls the others later.
    let calls = join_all((0..100).map(|tag| clusters.start(tag % 5, tag)));
    let calls = tokio::spawn(calls);
    operator.gate.until_running(5).await;
    await_until("the others are parked", || async { server.stats().parked_calls == 95 }).await;
    operator.gate.open_for(100);
    for (tag, result) in (0..).zip(within("the calls", calls).await.unwrap()) {
        assert_eq!(result.unwrap(), tag);
    }
    let intervals = operator.intervals.all();
    assert_eq!(overlaps(&intervals), []);
    assert_eq!(most_keys_at_once(&intervals), 5);
    for id in 0..5 {
        assert_eq!(operator.intervals.order_of(id), (0..20).map(|n| 5 * n + id).collect::<Vec<_>>());
    }
    assert_eq!((server.stats().parked_calls, server.stats().lock_overflows), (0, 0));
}

#[tokio::test]
async fn without_the_lock_the_same_calls_overlap() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..10).map(|tag| clusters.start_without_lock(tag % 5, tag))));
    operator.gate.until_running(10).await;
    operator.gate.open_for(10);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()).len(), 5);
}

#[tokio::test]
async fn methods_whose_locks_have_one_name_exclude_each_other_and_others_do_not() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let second = tokio::spawn(clusters.stop(1, 2));
    await_until("it is parked", || async { server.stats().parked_calls == 1 }).await;
    let third = tokio::spawn(clusters.resize(Cluster { id: 1 }, 3));
    await_until("it is parked", || async { server.stats().parked_calls == 2 }).await;
    let other_lock = tokio::spawn(clusters.back_up(1, 4));
    operator.gate.until_running(2).await;
    assert_eq!(server.stats().parked_calls, 2);
    operator.gate.open_for(4);
    for call in [first, second, third, other_lock] {
        within("the call", call).await.unwrap().unwrap();
    }
    assert_eq!(operator.intervals.order_of(1), [1, 2, 3]);
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn a_lock_without_a_value_serialises_its_method_alone() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let rebuilds = tokio::spawn(join_all((0..5).map(|tag| clusters.rebuild(tag))));
    let started = tokio::spawn(clusters.start(1, 9));
    operator.gate.until_running(2).await;
    await_until("the others are parked", || async { server.stats().parked_calls == 4 }).await;
    operator.gate.open_for(6);
    assert!(within("the calls", rebuilds).await.unwrap().iter().all(Result::is_ok));
    within("the call", started).await.unwrap().unwrap();
    assert_eq!(operator.intervals.order_of("rebuild"), [0, 1, 2, 3, 4]);
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn no_value_is_a_value_of_its_own() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let names = [None, Some(String::new()), Some("a".to_owned()), None];
    let calls = tokio::spawn(join_all((0..).zip(names).map(|(tag, name)| clusters.rename(name, tag))));
    operator.gate.until_running(3).await;
    await_until("the other one is parked", || async { server.stats().parked_calls == 1 }).await;
    operator.gate.open_for(4);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.intervals.order_of("None"), [0, 3]);
}
