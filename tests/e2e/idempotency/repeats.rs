//! Repeats that a program makes: one after the other, at once, on several servers.

use std::time::Duration;

use amqp_rpc::{CallError, FaultCode, idempotency::IdempotencyOptions, layers::Retry};
use futures_util::future::join_all;
use serde_json::json;

use super::{LedgerClient, Refused, TestStore, ledger::CountedLedger, over_both_stores};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, within},
};

over_both_stores!(
    a_repeat_is_answered_with_the_stored_reply,
    the_method_s_own_error_is_stored,
    a_panic_is_stored_and_not_repeated,
    repeats_at_once_run_once_and_get_the_same_reply,
    a_key_that_was_used_for_another_request_is_refused,
    what_was_refused_before_the_method_may_be_repeated,
    after_the_time_to_live_a_repeat_runs_again,
    of_a_reply_that_is_too_large_to_store_a_repeat_learns_that_it_ran,
);

async fn a_repeat_is_answered_with_the_stored_reply(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = start(ledger.server(store), &vhost).await;
    let client = connect(&vhost).await;
    let calls = LedgerClient::new(client.clone());
    let first = calls.book(1).idempotency_key("order 1").await.unwrap();
    for _ in 0..3 {
        assert_eq!(calls.book(1).idempotency_key("order 1").await.unwrap(), first);
    }
    let by_name = client.call_json("ledger.book", json!({"amount": 1})).idempotency_key("order 1");
    assert_eq!(by_name.await.unwrap(), json!(first));
    assert_eq!(ledger.effects("order 1"), 1);

    assert_ne!(calls.book(1).idempotency_key("order 2").await.unwrap(), first, "another key");
    assert_ne!(calls.book(1).await.unwrap(), first, "a generated key");
    assert_eq!((ledger.all_effects(), server.stats().repeats_answered), (3, 4));
    server.shutdown().await.unwrap();
}

async fn the_method_s_own_error_is_stored(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    for _ in 0..2 {
        let error = calls.book(101).idempotency_key("order 1").await.unwrap_err();
        assert!(matches!(error, CallError::Method(Refused::Uncovered { balance: 100 })), "{error:?}");
    }
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn a_panic_is_stored_and_not_repeated(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    for _ in 0..2 {
        let error = calls.panic().idempotency_key("order 1").await.unwrap_err();
        assert!(
            matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked),
            "{error:?}"
        );
        assert!(!error.to_string().contains("on purpose"), "{error}");
    }
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn repeats_at_once_run_once_and_get_the_same_reply(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let servers =
        [start(ledger.server(store.clone()), &vhost).await, start(ledger.server(store), &vhost).await];
    let calls = LedgerClient::new(connect(&vhost).await);
    let repeats = (0..20).map(|_| tokio::spawn(calls.book_late(1).idempotency_key("order 1")));
    let repeats: Vec<_> = repeats.collect();
    await_until("the others wait", || async {
        servers.iter().map(|server| server.stats().repeats_waited).sum::<u64>() == 19
    })
    .await;
    assert_eq!(ledger.gate.started(), 1);
    ledger.gate.open_for(1);
    let replies = within("the replies", join_all(repeats)).await;
    assert!(replies.into_iter().all(|reply| matches!(reply, Ok(Ok(1)))));
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
}

async fn a_key_that_was_used_for_another_request_is_refused(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    calls.book(1).idempotency_key("order 1").await.unwrap();
    let error = calls.book(2).idempotency_key("order 1").await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::BadRequest);
    assert!(fault.message().contains("\"order 1\" was used for another request"), "{fault}");
    assert!(!error.is_retryable());
    let late = calls.book_late(1).idempotency_key("order 1");
    ledger.gate.open_for(1);
    within("the other method", late).await.expect("keys are of a method");
    assert_eq!(ledger.effects("order 1"), 2, "once for each method");
}

async fn what_was_refused_before_the_method_may_be_repeated(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store), &vhost).await;
    let client = connect(&vhost).await;
    let wrong = client.call_json("ledger.book", json!({"amount": "one"})).idempotency_key("order 1");
    let error = wrong.await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::BadRequest), "{error:?}");
    LedgerClient::new(client).book(1).idempotency_key("order 1").await.expect("the key is free");
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn after_the_time_to_live_a_repeat_runs_again(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let time = Duration::from_millis(200);
    let options = IdempotencyOptions::new().ttl(time).lease(time / 2);
    let _server = start(ledger.server_with(store, options), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let book = || async { calls.book(1).idempotency_key("order 1").await.unwrap() };
    let first = book().await;
    await_until("it runs again", || async { book().await != first }).await;
    assert!(ledger.effects("order 1") >= 2);
}

async fn of_a_reply_that_is_too_large_to_store_a_repeat_learns_that_it_ran(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let options = IdempotencyOptions::new().max_reply_bytes(0);
    let _server = start(ledger.server_with(store, options), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    assert_eq!(calls.book(1).idempotency_key("order 1").await.unwrap(), 1, "the first has its reply");
    let error = calls.book(1).idempotency_key("order 1").await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::ReplyTooLarge),
        "{error:?}"
    );
    assert_eq!(ledger.effects("order 1"), 1);
}

#[tokio::test]
async fn a_call_has_one_key_however_often_the_layer_repeats_it() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let retry = Retry::new().attempt_timeout(Duration::from_millis(50));
    let client = amqp_rpc::Client::builder().layer(retry).connect(vhost.uri()).await.unwrap();
    let call = LedgerClient::new(client).book_late(1);
    let key = call.key().expect("it was generated").to_owned();
    let call = tokio::spawn(call);
    ledger.gate.until_started(1).await;
    await_until("it is repeated, and waits", || async { _server.stats().repeats_waited > 0 }).await;
    ledger.gate.open_for(1);
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects(&key), ledger.all_effects()), (1, 1));
}

#[tokio::test]
async fn a_method_sees_the_key_that_its_caller_sets() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    assert_eq!(calls.key().idempotency_key("order 1").await.unwrap().as_deref(), Some("order 1"));
    assert_eq!(calls.key().await.unwrap(), None, "calls of other methods have none");
    assert_eq!(calls.key().key(), None);
    let call = calls.book(1).idempotency_key("first").idempotency_key("second");
    assert_eq!(call.key(), Some("second"));
    let (one, other) = (calls.book(1), calls.book(1));
    assert_ne!(one.key(), other.key());
}

#[tokio::test]
async fn calls_that_share_a_message_keep_their_keys() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let client = amqp_rpc::Client::builder().coalesce(64).connect(vhost.uri()).await.unwrap();
    let calls = LedgerClient::new(client);
    for _ in 0..2 {
        let orders = (0..50).map(|order| calls.book(1).idempotency_key(format!("order {order}")));
        let replies = within("the replies", join_all(orders)).await;
        assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    }
    assert_eq!(
        (ledger.all_effects(), ledger.effects("order 7"), server.stats().repeats_answered),
        (50, 1, 50)
    );
}
