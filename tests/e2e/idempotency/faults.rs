//! Requests that the broker delivers twice, and connections that break between two frames: on the embedded broker.

use std::time::Duration;

use amqp_rpc::{Client, ConnectOptions};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};

use super::{LedgerClient, TestStore, ledger::CountedLedger, over_both_stores};
use crate::support::{await_until, embedded_broker, within};

over_both_stores!(
    a_request_that_is_delivered_twice_at_once_has_its_effect_once,
    a_server_lost_after_the_reply_and_before_the_ack_has_run_for_good,
    a_reply_that_is_lost_with_its_server_comes_from_the_next_one,
    a_notification_that_is_delivered_again_has_its_effect_once,
    a_request_that_is_published_twice_has_its_effect_once,
);

async fn client(broker: &Broker) -> Client {
    Client::builder().timeout(Duration::from_secs(30)).connect(broker.uri()).await.unwrap()
}

async fn until_settled(broker: &Broker) {
    let vhost = broker.vhost("/").unwrap();
    await_until("all is settled", || async {
        vhost.queue("ledger").await.is_some_and(|queue| queue.ready + queue.unacked == 0)
    })
    .await;
}

async fn a_request_that_is_delivered_twice_at_once_has_its_effect_once(store: TestStore) {
    let (broker, ledger) = (embedded_broker().start().await.unwrap(), CountedLedger::new());
    let server = ledger.server(store).start(broker.uri()).await.unwrap();
    let call = tokio::spawn(LedgerClient::new(client(&broker).await).book_late(1).idempotency_key("order 1"));
    ledger.gate.until_started(1).await;
    let vhost = broker.vhost("/").unwrap();
    for times in 1..=3 {
        assert_eq!(vhost.redeliver("ledger").await, times.min(1));
        await_until("the repeat waits", || async { server.stats().repeats_waited == times as u64 }).await;
    }
    ledger.gate.open_for(4);
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    until_settled(&broker).await;
    await_until("the repeats are answered", || async { server.stats().repeats_answered == 3 }).await;
    assert_eq!((ledger.effects("order 1"), ledger.gate.started()), (1, 1));
}

async fn a_server_lost_after_the_reply_and_before_the_ack_has_run_for_good(store: TestStore) {
    let (broker, ledger) = (embedded_broker().start().await.unwrap(), CountedLedger::new());
    let name = ConnectOptions::new(broker.uri()).name("first");
    let first = ledger.server(store.clone()).start(name).await.unwrap();
    let calls = LedgerClient::new(client(&broker).await);
    let acknowledgement =
        broker.on(Matcher::from_client(Method::BasicAck).connection("first"), Action::Reset);
    let reply = within("the reply", calls.book(1).idempotency_key("order 1")).await.unwrap();
    within("the loss", acknowledgement.hit()).await;
    drop(first);
    drop(acknowledgement);

    let second = ledger.server(store).start(broker.uri()).await.unwrap();
    until_settled(&broker).await;
    assert_eq!(second.stats().repeats_answered, 1, "the request came again");
    assert_eq!(calls.book(1).idempotency_key("order 1").await.unwrap(), reply);
    assert_eq!(ledger.effects("order 1"), 1);
}

async fn a_reply_that_is_lost_with_its_server_comes_from_the_next_one(store: TestStore) {
    let (broker, ledger) = (embedded_broker().start().await.unwrap(), CountedLedger::new());
    let name = ConnectOptions::new(broker.uri()).name("first");
    let first = ledger.server(store.clone()).start(name).await.unwrap();
    let reply = Matcher::from_client(Method::BasicPublish).connection("first").exchange("");
    let loss = broker.on(reply, Action::Reset);
    let calls = LedgerClient::new(client(&broker).await);
    let call = tokio::spawn(calls.book(1).idempotency_key("order 1"));
    within("the loss", loss.hit()).await;
    drop(first);
    drop(loss);
    assert_eq!(ledger.effects("order 1"), 1, "it has run");

    let second = ledger.server(store).start(broker.uri()).await.unwrap();
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
    assert_eq!((ledger.effects("order 1"), second.stats().repeats_answered), (1, 1));
}

async fn a_notification_that_is_delivered_again_has_its_effect_once(store: TestStore) {
    let (broker, ledger) = (embedded_broker().start().await.unwrap(), CountedLedger::new());
    let name = ConnectOptions::new(broker.uri()).name("first");
    let first = ledger.server(store.clone()).start(name).await.unwrap();
    let loss = broker.on(Matcher::from_client(Method::BasicAck).connection("first"), Action::Reset);
    let note = LedgerClient::new(client(&broker).await).note("paid".into());
    let key = note.key().expect("it was generated").to_owned();
    within("the confirm", note).await.unwrap();
    within("the loss", loss.hit()).await;
    drop(first);
    drop(loss);

    let second = ledger.server(store).start(broker.uri()).await.unwrap();
    until_settled(&broker).await;
    assert_eq!((ledger.effects(&key), second.stats().repeats_answered), (1, 1));
    assert_eq!(broker.vhost("/").unwrap().queue("ledger.dead").await.unwrap().ready, 0);
}

async fn a_request_that_is_published_twice_has_its_effect_once(store: TestStore) {
    let (broker, ledger) = (embedded_broker().start().await.unwrap(), CountedLedger::new());
    let server = ledger.server(store).start(broker.uri()).await.unwrap();
    let requests = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc");
    let _twice = broker.on(requests, Action::Duplicate);
    let client = client(&broker).await;
    let calls = LedgerClient::new(client.clone());
    for order in 0..20 {
        calls.book(1).idempotency_key(format!("order {order}")).await.unwrap();
    }
    await_until("all came twice", || async {
        client.stats().late_replies + client.stats().unknown_replies == 20
    })
    .await;
    assert_eq!((ledger.all_effects(), server.stats().repeats_answered), (20, 20));
}
