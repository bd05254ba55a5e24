//! Calls that wait for a lock: what they hold up, how many there may be, and how their waiting ends.

use std::time::Duration;

use amqp_rpc::{CallError, Execution, FaultCode};
use futures_util::future::join_all;
use lapin::BasicProperties;
use serde_json::json;

use super::{ClustersClient, Operator};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, intervals::overlaps, within},
};

#[tokio::test]
async fn parked_calls_hold_up_no_others_although_there_are_more_of_them_than_the_concurrency() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().concurrency(2), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let locked = tokio::spawn(join_all((0..30).map(|tag| clusters.start(1, tag))));
    await_until("all but one are parked", || async { server.stats().parked_calls == 29 }).await;
    for tag in 0..50 {
        assert_eq!(within("a call without a lock", clusters.echo(tag)).await.unwrap(), tag);
    }
    let other = tokio::spawn(clusters.start(2, 99));
    operator.gate.until_running(2).await;
    operator.gate.open_for(31);
    within("the other key", other).await.unwrap().unwrap();
    assert!(within("the calls", locked).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()), []);
    assert_eq!(operator.gate.most_running(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_run_than_the_concurrency_when_locks_are_handed_over() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().concurrency(3), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let locked = tokio::spawn(join_all((0..60).map(|tag| clusters.start(tag % 6, tag))));
    let plain = tokio::spawn(join_all((0..60).map(|tag| clusters.start_without_lock(100 + tag, tag))));
    operator.gate.until_running(3).await;
    for _ in 0..120 {
        operator.gate.open_for(1);
        tokio::task::yield_now().await;
    }
    assert!(within("the calls", locked).await.unwrap().iter().all(Result::is_ok));
    assert!(within("the calls", plain).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()), []);
    assert_eq!(operator.gate.most_running(), 3);
    assert_eq!(server.stats().parked_calls, 0);
}

#[tokio::test]
async fn more_calls_than_may_wait_are_overloaded_and_never_run() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().concurrency(2).max_parked(3), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let kept = tokio::spawn(join_all((0..4).map(|tag| clusters.start(1, tag))));
    await_until("as many wait as may", || async { server.stats().parked_calls == 3 }).await;
    for tag in 10..15 {
        let error = within("the refusal", clusters.start(1, tag)).await.unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{error:?}") };
        assert_eq!(*fault.code(), FaultCode::Overloaded);
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
        assert!(error.to_string().contains("too many calls wait for the lock `id`"), "{error}");
    }
    assert_eq!((server.stats().parked_calls, server.stats().lock_overflows), (3, 5));
    within("a call without a lock", clusters.echo(1)).await.unwrap();
    operator.gate.open_for(4);
    assert!(within("the calls", kept).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.intervals.order_of(1), [0, 1, 2, 3]);
}

#[tokio::test]
async fn with_a_bound_of_zero_a_call_whose_lock_is_held_is_refused_at_once() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _server = start(operator.server().max_parked(0), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let error = within("the refusal", clusters.start(1, 2)).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded), "{error:?}");
    operator.gate.open_for(2);
    within("the call", first).await.unwrap().unwrap();
    within("the next one", clusters.start(1, 3)).await.unwrap();
    assert_eq!(operator.intervals.order_of(1), [1, 3]);
}

/// A notification has no caller that could send it again.
#[tokio::test]
async fn notifications_are_never_refused_for_the_bound() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().concurrency(2).max_parked(3), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    for tag in 0..20 {
        within("the confirm", clusters.note(1, tag)).await.unwrap();
    }
    // One runs, and the prefetch of five is used up.
    await_until("four are parked", || async { server.stats().parked_calls == 4 }).await;
    operator.gate.open_for(20);
    operator.gate.until_started(20).await;
    operator.gate.until_running(0).await;
    assert_eq!(operator.intervals.order_of(1), (0..20).collect::<Vec<_>>());
    assert_eq!(overlaps(&operator.intervals.all()), []);
    await_until("all is settled", || async { vhost.existing_queue("clusters").await.is_settled() }).await;
    assert_eq!((vhost.existing_queue("clusters.dead").await.ready, server.stats().lock_overflows), (0, 0));
}

#[tokio::test]
async fn a_parked_call_whose_deadline_passes_is_expired_and_never_runs() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default()
        .with_reply_to(replies.queue().into())
        .with_expiration("300".into())
        .with_correlation_id("late".into());
    peer.publish("amqp-rpc", "clusters.start", request, br#"{"id":1,"tag":2}"#).await;
    // While the first one still runs.
    let reply = replies.next().await;
    assert_eq!(reply.json()["code"], "expired", "{}", reply.text());
    assert_eq!((server.stats().parked_calls, operator.gate.started()), (0, 1));
    operator.gate.open_for(2);
    within("the call", first).await.unwrap().unwrap();
    within("the next one", clusters.start(1, 3)).await.unwrap();
    assert_eq!(operator.intervals.order_of(1), [1, 3]);
}

#[tokio::test]
async fn a_caller_that_gives_up_frees_its_place() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let late = clusters.start(1, 2).timeout(Duration::from_millis(200));
    within("the timeout", late).await.unwrap_err();
    await_until("nothing is parked", || async { server.stats().parked_calls == 0 }).await;
    operator.gate.open_for(1);
    within("the call", first).await.unwrap().unwrap();
    assert_eq!(operator.intervals.order_of(1), [1]);
}

#[tokio::test]
async fn a_body_that_cannot_be_decoded_has_the_fault_that_it_has_without_a_lock() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _server = start(operator.server(), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let client = connect(&vhost).await;
    for (arguments, field) in [(json!({"id": 1, "tag": "x"}), Some("tag")), (json!("nonsense"), None)] {
        let mut faults = Vec::new();
        for method in ["clusters.start", "clusters.start_without_lock"] {
            let error = within("the fault", client.call_json(method, arguments.clone())).await.unwrap_err();
            let CallError::Fault(fault) = error else { panic!("{error:?}") };
            assert_eq!(*fault.code(), FaultCode::BadRequest);
            assert_eq!(fault.field(), field);
            // It may name the type of the request.
            faults.push(fault.message().replace("WithoutLock", ""));
        }
        assert_eq!(faults[0], faults[1]);
    }
    operator.gate.open_for(1);
    within("the call", first).await.unwrap().unwrap();
}
