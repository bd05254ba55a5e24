//! A store that fails or does not answer.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    CallError, Execution, FaultCode, RunningServer, Server,
    idempotency::{
        Attempt, Begun, IdempotencyOptions, IdempotencyStore, MemoryStore, StoreError, StoreFuture,
    },
};
use bytes::Bytes;

use super::{LedgerClient, LedgerServer, ledger::CountedLedger};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, within},
};

/// A store that is down as the test says. Clones share it.
#[derive(Clone, Default)]
struct Unreliable {
    store: MemoryStore,
    begin_fails: Arc<AtomicBool>,
    /// The answer is lost, and not the operation.
    begin_hangs: Arc<AtomicBool>,
    complete_fails: Arc<AtomicBool>,
    extend_fails: Arc<AtomicBool>,
}

fn unless(fails: &AtomicBool) -> Result<(), StoreError> {
    if fails.load(Ordering::SeqCst) { Err(StoreError::new("it is down, as the test says")) } else { Ok(()) }
}

impl IdempotencyStore for Unreliable {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, Begun> {
        Box::pin(async move {
            unless(&self.begin_fails)?;
            let begun = self.store.begin(attempt).await;
            if self.begin_hangs.load(Ordering::SeqCst) { pending().await } else { begun }
        })
    }

    fn extend<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            unless(&self.extend_fails)?;
            self.store.extend(attempt).await
        })
    }

    fn complete<'a>(&'a self, attempt: &'a Attempt, reply: Bytes) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            unless(&self.complete_fails)?;
            self.store.complete(attempt, reply).await
        })
    }

    fn release<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        self.store.release(attempt)
    }
}

async fn serve(vhost: &Vhost, ledger: &CountedLedger, store: &Unreliable) -> RunningServer {
    let millis = Duration::from_millis;
    let options = IdempotencyOptions::new().lease(millis(300)).store_timeout(millis(100));
    let server = Server::new().service(LedgerServer::new(ledger.clone()));
    start(server.idempotency_store_with(store.clone(), options), vhost).await
}

#[tokio::test]
async fn while_the_store_is_down_no_call_begins() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let server = serve(&vhost, &ledger, &store).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.begin_fails.store(true, Ordering::SeqCst);
    let error = within("the refusal", calls.book(1).idempotency_key("order 1")).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    assert_eq!((ledger.all_effects(), server.stats().store_failures), (0, 1));
    store.begin_fails.store(false, Ordering::SeqCst);
    calls.book(1).idempotency_key("order 1").await.expect("it is up again");
    assert_eq!(ledger.effects("order 1"), 1);
}

#[tokio::test]
async fn a_call_whose_beginning_was_stored_and_not_confirmed_may_be_repeated() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let _server = serve(&vhost, &ledger, &store).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.begin_hangs.store(true, Ordering::SeqCst);
    let error = within("the refusal", calls.book(1).idempotency_key("order 1")).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error:?}");
    store.begin_hangs.store(false, Ordering::SeqCst);
    let repeat = within("the repeat", calls.book(1).idempotency_key("order 1")).await;
    assert_eq!(repeat.expect("the key was released"), 1);
    assert_eq!(ledger.effects("order 1"), 1);
}

#[tokio::test]
async fn a_reply_that_is_not_stored_is_sent_and_its_repeats_may_have_run() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let server = serve(&vhost, &ledger, &store).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.complete_fails.store(true, Ordering::SeqCst);
    assert_eq!(within("the reply", calls.book(1).idempotency_key("order 1")).await.unwrap(), 1);
    assert_eq!(server.stats().store_failures, 3, "it is tried three times");
    store.complete_fails.store(false, Ordering::SeqCst);
    // It waits for the lease to end.
    let error = within("the repeat", calls.book(1).idempotency_key("order 1")).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    assert_eq!((ledger.effects("order 1"), server.stats().abandoned_keys), (1, 1));
}

#[tokio::test]
async fn a_lease_that_could_not_be_extended_ends_and_the_reply_is_stored_all_the_same() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let server = serve(&vhost, &ledger, &store).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.extend_fails.store(true, Ordering::SeqCst);
    let first = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    await_until("the lease has ended", || async {
        let error = calls.book_late(1).idempotency_key("order 1").await.unwrap_err();
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted)
    })
    .await;
    assert!(server.stats().store_failures >= 1);
    ledger.gate.open_for(1);
    assert_eq!(within("the reply", first).await.unwrap().unwrap(), 1);
    assert_eq!(calls.book_late(1).idempotency_key("order 1").await.unwrap(), 1);
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
}

#[tokio::test]
async fn a_notification_is_held_while_the_store_is_down() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let server = serve(&vhost, &ledger, &store).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.begin_fails.store(true, Ordering::SeqCst);
    calls.note("paid".into()).idempotency_key("note 1").await.unwrap();
    await_until("it was tried", || async { server.stats().store_failures >= 2 }).await;
    store.begin_fails.store(false, Ordering::SeqCst);
    await_until("it has run", || async { ledger.effects("note 1") == 1 }).await;
    assert!(server.shutdown().await.unwrap().is_clean());
    assert_eq!(vhost.existing_queue("ledger.dead").await.ready, 0);
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_the_store_is_asked_leaves_its_key_free() {
    let (vhost, ledger, store) = (Vhost::create().await, CountedLedger::new(), Unreliable::default());
    let server = Server::new().service(LedgerServer::new(ledger.clone()));
    let server = server.idempotency_store(store.clone()).handler_timeout(Duration::from_millis(100));
    let _server = start(server, &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    store.begin_hangs.store(true, Ordering::SeqCst);
    let error = within("the limit", calls.book(1).idempotency_key("order 1")).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::DeadlineExceeded),
        "{error:?}"
    );
    store.begin_hangs.store(false, Ordering::SeqCst);
    // The lease is 30 s, and a repeat would wait for it.
    let repeat = within("the repeat", calls.book(1).idempotency_key("order 1")).await;
    assert_eq!(repeat.expect("the key was released"), 1);
    assert_eq!(ledger.effects("order 1"), 1);
}
