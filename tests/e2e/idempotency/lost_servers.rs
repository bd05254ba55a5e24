//! Connections and servers that are lost while a method runs.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, FaultCode, idempotency::IdempotencyOptions};

use super::{LedgerClient, TestStore, ledger::CountedLedger, over_both_stores};
use crate::{
    services::{connect, start, until_connecting, until_epoch},
    support::{Proxy, Vhost, await_until, within},
};

over_both_stores!(
    a_method_runs_on_when_its_server_loses_the_connection,
    a_client_that_loses_its_connection_sends_the_call_again_with_its_key,
    a_server_that_dies_while_a_method_runs_leaves_maybe_executed,
    a_shutdown_waits_for_a_method_whose_connection_was_lost,
    a_method_that_outlasts_the_shutdown_is_reported_and_not_run_again,
    a_repeat_that_waits_for_another_server_does_not_hold_a_shutdown,
);

const SHORT: Duration = Duration::from_millis(300);

async fn a_method_runs_on_when_its_server_loses_the_connection(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = ledger.server(store).start(proxy.uri()).await.unwrap();
    let call = tokio::spawn(LedgerClient::new(connect(&vhost).await).book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    await_until("the request came again, and waits", || async { server.stats().repeats_waited == 1 }).await;
    ledger.gate.until_running(1).await;
    ledger.gate.open_for(2);
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
    assert!(server.shutdown().await.unwrap().is_clean());
}

async fn a_client_that_loses_its_connection_sends_the_call_again_with_its_key(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = start(ledger.server(store), &vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::builder().timeout(Duration::from_secs(30)).connect(proxy.uri()).await.unwrap();
    let call = LedgerClient::new(client.clone()).book_late(1);
    let key = call.key().expect("it was generated").to_owned();
    let call = tokio::spawn(call);
    ledger.gate.until_running(1).await;
    proxy.cut();
    await_until("it is sent again", || async { client.stats().resent == 1 }).await;
    await_until("it waits", || async { server.stats().repeats_waited == 1 }).await;
    ledger.gate.open_for(2);
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects(&key), ledger.gate.started()), (1, 1));
}

async fn a_server_that_dies_while_a_method_runs_leaves_maybe_executed(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let options = IdempotencyOptions::new().lease(SHORT);
    let dying = start(ledger.server_with(store.clone(), options.clone()), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let call = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    drop(dying);
    ledger.gate.until_running(0).await;
    let second = start(ledger.server_with(store, options), &vhost).await;
    for call in [call, tokio::spawn(calls.book_late(1).idempotency_key("order 1"))] {
        let error = within("the answer", call).await.unwrap().unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{error:?}") };
        assert_eq!((fault.code(), error.execution()), (&FaultCode::MaybeExecuted, Execution::Unknown));
    }
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
    let stats = second.stats();
    assert_eq!(stats.abandoned_keys + stats.repeats_answered, 2, "{stats:?}");
}

async fn a_shutdown_waits_for_a_method_whose_connection_was_lost(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = ledger.server(store.clone()).start(proxy.uri()).await.unwrap();
    let call = tokio::spawn(LedgerClient::new(connect(&vhost).await).book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&server).await;
    let shutdown = tokio::spawn(server.shutdown());
    ledger.gate.open_for(1);
    assert!(within("the shutdown", shutdown).await.unwrap().unwrap().is_clean());

    let second = start(ledger.server(store), &vhost).await;
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects("order 1"), second.stats().repeats_answered), (1, 1));
}

async fn a_method_that_outlasts_the_shutdown_is_reported_and_not_run_again(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = ledger.server(store.clone()).drain_timeout(SHORT).start(proxy.uri()).await.unwrap();
    let calls = LedgerClient::new(connect(&vhost).await);
    let lost = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    await_until("the request came again, and waits", || async { server.stats().repeats_waited == 1 }).await;
    let other = tokio::spawn(calls.book_late(1).idempotency_key("order 2"));
    ledger.gate.until_running(2).await;
    let report = within("the shutdown", server.shutdown()).await.unwrap();
    let abandoned: Vec<_> = report.abandoned.iter().map(|call| call.method).collect();
    assert_eq!(abandoned, ["ledger.book_late"; 2], "each method that ran, and no repeat");
    ledger.gate.until_running(0).await;

    // The store was told: nobody waits for the lease, which is 30 s.
    let _second = start(ledger.server(store), &vhost).await;
    for call in [lost, other] {
        let error = within("the answer", call).await.unwrap().unwrap_err();
        assert!(
            matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
            "{error:?}"
        );
    }
    assert_eq!((ledger.effects("order 1"), ledger.effects("order 2"), ledger.gate.started()), (1, 1, 2));
}

async fn a_repeat_that_waits_for_another_server_does_not_hold_a_shutdown(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let first = start(ledger.server(store.clone()).concurrency(1), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let call = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    ledger.gate.until_running(1).await;
    // The first has no slot for the repeat.
    let second = start(ledger.server(store), &vhost).await;
    let repeat = tokio::spawn(calls.book_late(1).idempotency_key("order 1"));
    await_until("the repeat waits", || async { second.stats().repeats_waited == 1 }).await;
    // Its drain timeout is 30 s.
    assert!(within("the shutdown", second.shutdown()).await.unwrap().is_clean());
    ledger.gate.open_for(1);
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!(within("the reply of the repeat", repeat).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects("order 1"), first.stats().repeats_answered), (1, 1));
}
