//! Calls that are sent a second time when their reply is late. The clock is paused.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, layers::Retry};
use tokio::time::Instant;

use crate::retries::{
    Fate::{Hangs, Overloaded, Unauthorized},
    impatient, store, store_with,
};

#[tokio::test(start_paused = true)]
async fn a_late_reply_of_an_idempotent_call_is_asked_for_again() {
    let hedged = || Retry::new().hedge_after(Duration::from_millis(20));
    let (store, attempts) = store(hedged(), [Hangs]);
    let started = Instant::now();
    assert_eq!(store.read().await.unwrap(), 2);
    assert!(started.elapsed() < Duration::from_millis(30), "{:?}", started.elapsed());
    assert_eq!(attempts.counts(), (2, 2));

    assert_eq!(store.read().await.unwrap(), 3, "a reply in time is not asked for again");
    assert_eq!(attempts.counts(), (3, 3));

    let (store, attempts) = self::store(hedged(), [Hangs]);
    store.write().await.unwrap_err();
    assert_eq!(attempts.counts(), (1, 1), "it might run twice");

    let (store, attempts) = self::store(hedged().budget(0.0, 0), [Hangs]);
    store.read().await.unwrap_err();
    assert_eq!(attempts.counts(), (1, 1), "the budget counts for these as well");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_and_its_hedge_share_their_time_and_each_attempt_may_be_hedged() {
    let retry = impatient().attempts(2).pauses(Duration::ZERO, Duration::ZERO);
    let (store, attempts) = store(retry.hedge_after(Duration::from_millis(400)), [Hangs; 9]);
    let started = Instant::now();
    let error = store.read().await.unwrap_err();
    assert_eq!(attempts.counts(), (4, 4));
    assert!(started.elapsed() < Duration::from_millis(2010), "{:?}", started.elapsed());
    let CallError::Timeout(timed_out) = &error else { panic!("{error}") };
    assert_eq!(timed_out.after().subsec_nanos() % 1_000_000, 0, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_second_request_that_is_refused_does_not_end_the_first() {
    let hedged = Retry::new().attempts(1).hedge_after(Duration::from_millis(20));
    let builder = Client::builder().timeout(Duration::from_secs(5));
    let (store, attempts) = store_with(builder, hedged, [Hangs, Overloaded]);
    let error = store.read().await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!((attempts.counts(), error.execution()), ((2, 1), Execution::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_refused_for_good_does_not_speak_for_one_that_may_run() {
    let hedged = || Retry::new().hedge_after(Duration::from_millis(20));
    let builder = Client::builder().timeout(Duration::from_secs(5));
    let (store, attempts) = store_with(builder, hedged(), [Hangs, Unauthorized]);
    let error = store.read().await.unwrap_err();
    assert_eq!((attempts.counts(), error.execution()), ((2, 1), Execution::Unknown), "{error}");

    let (store, attempts) = self::store(hedged(), [Unauthorized, Unauthorized]);
    let error = store.read().await.unwrap_err();
    assert_eq!((attempts.counts(), error.execution()), ((2, 0), Execution::Never), "{error}");
}
