//! How many repeats wait at once.

use std::time::Duration;

use amqp_rpc::{CallError, Execution, FaultCode, idempotency::IdempotencyOptions};

use super::{LedgerClient, TestStore, ledger::CountedLedger, over_both_stores};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, within},
};

over_both_stores!(
    more_repeats_than_may_wait_are_told_that_a_call_runs,
    a_repeat_without_a_deadline_waits_no_longer_than_the_lease,
);

async fn more_repeats_than_may_wait_are_told_that_a_call_runs(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = start(ledger.server_with(store, IdempotencyOptions::new().max_waiting(2)), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let first = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    let waiting: Vec<_> =
        (0..2).map(|_| tokio::spawn(calls.book_late(1).idempotency_key("order 1"))).collect();
    await_until("two wait", || async { server.stats().repeats_waited == 2 }).await;
    let error = within("the refusal", calls.book_late(1).idempotency_key("order 1")).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::InProgress);
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, true));
    ledger.gate.open_for(2);
    within("the first", first).await.unwrap().unwrap();
    for waiting in waiting {
        assert_eq!(within("the reply", waiting).await.unwrap().unwrap(), 1);
    }
    calls.book_late(1).idempotency_key("order 1").await.expect("now it is answered");
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn a_repeat_without_a_deadline_waits_no_longer_than_the_lease(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let options = IdempotencyOptions::new().lease(Duration::from_millis(200));
    let _server = start(ledger.server_with(store, options), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let first = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    let repeat = calls.book_late(1).idempotency_key("order 1").timeout(Duration::MAX);
    let error = within("the answer", repeat).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::InProgress), "{error:?}");
    ledger.gate.open_for(1);
    assert_eq!(within("the reply", first).await.unwrap().unwrap(), 1);
}
