//! Notifications that are repeated: while the first runs, and compressed.

use amqp_rpc::{
    Client,
    codec::{Compression, Encoding},
    idempotency::IdempotencyOptions,
};

use super::{LedgerClient, TestStore, ledger::CountedLedger, over_both_stores};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until},
};

over_both_stores!(
    a_notification_whose_repeat_waits_runs_once_and_is_no_dead_letter,
    a_compressed_repeat_is_the_same_request,
);

async fn a_notification_whose_repeat_waits_runs_once_and_is_no_dead_letter(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    // The bound is for calls.
    let server = start(ledger.server_with(store, IdempotencyOptions::new().max_waiting(0)), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    calls.note("late".into()).idempotency_key("note 1").await.unwrap();
    ledger.gate.until_running(1).await;
    for repeats in 1..=2 {
        calls.note("late".into()).idempotency_key("note 1").await.unwrap();
        await_until("the repeat waits", || async { server.stats().repeats_waited == repeats }).await;
    }
    assert_eq!(server.stats().repeats_answered, 0);
    ledger.gate.open_for(1);
    await_until("the repeats have ended", || async { server.stats().repeats_answered == 2 }).await;
    assert_eq!((ledger.effects("note 1"), ledger.gate.started()), (1, 1));
    assert!(server.shutdown().await.unwrap().is_clean());
    assert_eq!(vhost.existing_queue("ledger.dead").await.ready, 0);
}

async fn a_compressed_repeat_is_the_same_request(store: TestStore) {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = start(ledger.server(store), &vhost).await;
    let text = "a line of a note, and ".repeat(1000);
    let note = async |client: Client| {
        LedgerClient::new(client).note(text.clone()).idempotency_key("note 1").await.unwrap();
    };
    note(connect(&vhost).await).await;
    await_until("it has run", || async { ledger.effects("note 1") == 1 }).await;
    for (repeats, encoding) in [(1, Encoding::Gzip), (2, Encoding::Zstd)] {
        let compressing = Client::builder().compression(Compression::new(encoding));
        note(compressing.connect(vhost.uri()).await.unwrap()).await;
        await_until("it is answered", || async { server.stats().repeats_answered == repeats }).await;
    }
    assert_eq!(ledger.effects("note 1"), 1);
    assert!(server.shutdown().await.unwrap().is_clean());
    assert_eq!(vhost.existing_queue("ledger.dead").await.ready, 0, "none was refused");
}
