//! Delivery of events: groups, listeners, topics, foreign publishers.

use amqp_rpc::{
    Server, Subscription,
    server::{QueueOptions, QueueType},
};
use lapin::BasicProperties;

use super::{PricesChanged, PricesClient, PricesServer, Received, everything, subscribe};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

#[tokio::test]
async fn each_group_receives_a_matching_event_once_and_each_listener_a_copy() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let european = || Subscription::group("billing").to::<PricesChanged>(["eu.*", "uk.#"]);
    let _billing = [
        subscribe(&vhost, seen.by("billing"), european()).await,
        subscribe(&vhost, seen.by("billing"), european()).await,
    ];
    let _audit = subscribe(&vhost, seen.by("audit"), everything(Subscription::group("audit"))).await;
    let mut listeners = Vec::new();
    for name in ["one", "two"] {
        let german = Subscription::listener().to::<PricesChanged>(["*.de"]);
        listeners.push(subscribe(&vhost, seen.by(name), german).await);
    }
    let prices = PricesClient::new(connect(&vhost).await);

    prices.changed(1).topic("eu.de").await.unwrap();
    assert_eq!(seen.next(4).await, ["audit: 1 eu.de", "billing: 1 eu.de", "one: 1 eu.de", "two: 1 eu.de"]);
    prices.changed(2).topic("us").await.unwrap();
    assert_eq!(seen.next(1).await, ["audit: 2 us"]);
    prices.changed(3).topic("uk").await.unwrap();
    assert_eq!(seen.next(2).await, ["audit: 3 uk", "billing: 3 uk"], "`#` stands for no word as well");
    // The empty topic reaches only those that subscribe to all topics.
    prices.changed(4).await.unwrap();
    prices.closed().await.unwrap();
    assert_eq!(seen.next(2).await, ["audit: 4 -", "audit: closed -"]);

    for queue in ["prices.events.billing", "prices.events.audit"] {
        await_until("all is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
    }
    assert!(seen.receiver.try_recv().is_err(), "no subscriber received more");
}

#[tokio::test]
async fn the_members_of_a_group_share_its_events() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let mut members = Vec::new();
    for name in ["one", "two"] {
        let group = everything(Subscription::group("billing"));
        let server = Server::new().subscribe(seen.by(name), group).concurrency(1);
        members.push(start(server, &vhost).await);
    }
    assert_eq!(members[0].queues(), ["prices.events.billing"]);
    let prices = PricesClient::new(connect(&vhost).await);
    for price in 100..120 {
        prices.changed(price).await.unwrap();
    }
    let received = seen.next(20).await;
    let of = |name| received.iter().filter(|event| event.starts_with(name)).count();
    assert_eq!(of("one") + of("two"), 20);
    assert!(of("one") > 0 && of("two") > 0, "{received:?}");
}

#[tokio::test]
async fn a_server_may_serve_a_service_and_receive_its_events_in_several_groups() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let server = Server::new()
        .service(seen.by("server"))
        .subscribe(seen.by("billing"), everything(Subscription::group("billing")))
        .subscribe(seen.by("audit"), everything(Subscription::group("audit")))
        .subscribe(seen.by("screen"), everything(Subscription::listener()))
        .namespace("acme");
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["acme.prices", "acme.prices.events.audit", "acme.prices.events.billing"]);
    let client = amqp_rpc::Client::builder().namespace("acme").connect(vhost.uri()).await.unwrap();
    let prices = PricesClient::new(client);
    prices.changed(1).topic("eu").await.unwrap();
    assert_eq!(seen.next(3).await, ["audit: 1 eu", "billing: 1 eu", "screen: 1 eu"]);
    assert_eq!(within("a call", prices.current()).await.unwrap(), 42);
    // Another tenant's events are not received.
    PricesClient::new(connect(&vhost).await).changed(2).await.unwrap();
    prices.closed().await.unwrap();
    assert_eq!(seen.next(3).await, ["audit: closed -", "billing: closed -", "screen: closed -"]);
}

#[tokio::test]
async fn a_configuration_that_excludes_a_service_excludes_its_subscriptions() {
    let vhost = Vhost::create().await;
    let seen = Received::new();
    let server = Server::new()
        .service(crate::services::FibServer::new(crate::services::Fibonacci))
        .subscribe(seen.by("billing"), everything(Subscription::group("billing")));
    let server = start(server.only(["fib"]), &vhost).await;
    assert_eq!(server.queues(), ["fib"]);
    assert!(server.subscriptions().is_empty());
}

#[tokio::test]
async fn a_foreign_event_is_matched_by_routing_key_or_type_and_never_answered() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let group = everything(Subscription::group("billing"));
    let _server = subscribe(&vhost, seen.by("billing"), group).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let asking = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc.events", "prices.changed.eu.de", asking.clone(), br#"{"price":1}"#).await;
    assert_eq!(seen.next(1).await, ["billing: 1 eu.de"]);
    // Moved by hand, its key is the queue's name.
    let moved = asking.clone().with_type("prices.changed".into());
    peer.publish("", "prices.events.billing", moved, br#"{"price":2}"#).await;
    assert_eq!(seen.next(1).await, ["billing: 2 -"]);
    // Not even a reply address that does not exist is answered.
    let elsewhere = BasicProperties::default().with_reply_to("orders".into());
    peer.publish("amqp-rpc.events", "prices.changed", elsewhere, br#"{"price":3}"#).await;
    assert_eq!(seen.next(1).await, ["billing: 3 -"]);
    // An event that cannot be read becomes a dead letter, unanswered.
    for (key, body) in [("prices.changed.x", "no json"), ("prices.chang", "{}")] {
        let queue = if body == "{}" { "prices.events.billing" } else { key };
        let exchange = if body == "{}" { "" } else { "amqp-rpc.events" };
        peer.publish(exchange, queue, asking.clone(), body.as_bytes()).await;
    }
    await_until("both are dead letters", || async {
        vhost.existing_queue("prices.events.billing.dead").await.ready == 2
    })
    .await;
    peer.publish("", replies.queue(), BasicProperties::default(), b"the first").await;
    assert_eq!(within("what came", replies.next()).await.text(), "the first");
}

#[tokio::test]
async fn a_group_s_queue_follows_its_options_and_drops_its_oldest_events_when_full() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let bounded = QueueOptions::new().queue_type(QueueType::Quorum).max_length(2);
    let group = everything(Subscription::group("slow")).queue_options(bounded);
    subscribe(&vhost, seen.by("slow"), group.clone()).await.shutdown().await.unwrap();
    let prices = PricesClient::new(connect(&vhost).await);
    for price in 1..=4 {
        within("the publisher confirm", prices.changed(price)).await.expect("a slow group delays no other");
    }
    // LavinMQ has no binding for them.
    let keeps_oldest = connect(&vhost).await.state().broker().expect("it is connected").has_all_with_x();
    await_until("the oldest are kept apart, or gone", || async {
        let dead = vhost.existing_queue("prices.events.slow.dead").await.ready;
        let waiting = vhost.existing_queue("prices.events.slow").await.ready;
        (waiting, dead) == (2, if keeps_oldest { 2 } else { 0 })
    })
    .await;
    let _server = subscribe(&vhost, seen.by("slow"), group).await;
    assert_eq!(seen.next(2).await, ["slow: 3 -", "slow: 4 -"]);
    if !keeps_oldest {
        return;
    }
    let peer = RawPeer::connect(&vhost.uri()).await;
    let oldest = peer.get("prices.events.slow.dead").await.expect("it is there");
    assert_eq!(oldest.text(), r#"{"price":1}"#);
}

#[tokio::test]
async fn a_subscription_declares_its_own_queues_and_not_the_service_queue() {
    let vhost = Vhost::create().await;
    let seen = Received::new();
    let handler: PricesServer<_> = seen.by("billing");
    let _server = subscribe(&vhost, handler, everything(Subscription::group("billing"))).await;
    assert_eq!(vhost.queues().await, ["prices.events.billing", "prices.events.billing.dead"]);
    assert!(!vhost.queue_exists("prices").await, "calls are not served by it");
}
