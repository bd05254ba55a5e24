//! Methods that are cancelled, and notifications that fail.

use std::time::Duration;

use amqp_rpc::{CallError, FaultCode, idempotency::IdempotencyOptions};
use lapin::types::ShortString;

use super::{LedgerClient, TestStore, ledger::CountedLedger, over_both_stores};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

over_both_stores!(
    a_method_that_is_cancelled_at_its_limit_is_not_run_again,
    a_lease_is_extended_while_the_method_runs,
    a_notification_that_failed_is_a_dead_letter_and_is_not_run_again_under_its_key,
);

async fn a_method_that_is_cancelled_at_its_limit_is_not_run_again(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store).handler_timeout(Duration::from_millis(100)), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let code = |error| match error {
        CallError::Fault(fault) => fault.code().clone(),
        error => panic!("{error:?}"),
    };
    let first = within("the limit", calls.book_late(1).idempotency_key("order 1")).await.unwrap_err();
    assert_eq!(code(first), FaultCode::DeadlineExceeded);
    await_until("the store knows", || async {
        let error = calls.book_late(1).idempotency_key("order 1").await.unwrap_err();
        code(error) == FaultCode::MaybeExecuted
    })
    .await;
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
}

async fn a_lease_is_extended_while_the_method_runs(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let lease = Duration::from_millis(300);
    let server = start(ledger.server_with(store, IdempotencyOptions::new().lease(lease)), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let first = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    // A repeat with a limit of its own, which is several leases.
    let waited = calls.book_late(1).idempotency_key("order 1").timeout(lease * 5).await.unwrap_err();
    assert!(
        matches!(&waited, CallError::Timeout(_))
            || matches!(&waited, CallError::Fault(fault) if *fault.code() == FaultCode::InProgress),
        "{waited:?}"
    );
    assert_eq!(server.stats().abandoned_keys, 0);
    ledger.gate.open_for(1);
    assert_eq!(within("the reply", first).await.unwrap().unwrap(), 1);
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn a_notification_that_failed_is_a_dead_letter_and_is_not_run_again_under_its_key(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(store), &vhost).await;
    LedgerClient::new(connect(&vhost).await).note(String::new()).idempotency_key("note 1").await.unwrap();
    let dead = |count| {
        let vhost = &vhost;
        await_until("it is a dead letter", move || async move {
            vhost.queue("ledger.dead").await.is_some_and(|queue| queue.ready == count)
        })
    };
    dead(1).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let letter = peer.get("ledger.dead").await.expect("it is there");
    assert_eq!(letter.properties.message_id().as_ref().map(ShortString::as_str), Some("note 1"));

    // An operator sends it again, as it is, and then under another key.
    peer.publish("", "ledger", letter.properties.clone(), &letter.body).await;
    dead(1).await;
    assert_eq!(ledger.effects("note 1"), 1, "the stored failure is its outcome");
    let renamed = letter.properties.clone().with_message_id("note 1, again".into());
    peer.publish("", "ledger", renamed, &letter.body).await;
    dead(2).await;
    assert_eq!(ledger.effects("note 1, again"), 1);
}
