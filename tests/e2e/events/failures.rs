//! Failed events and notifications: each is logged once and becomes a dead letter.

use amqp_rpc::{Server, Subscription};
use lapin::BasicProperties;
use tracing::Level;

use super::{PricesClient, Received, everything, subscribe};
use crate::{
    services::{connect, start, until_epoch},
    support::{Log, Proxy, RawPeer, Vhost, await_until, within},
};

#[tokio::test]
async fn events_that_fail_in_a_group_are_dead_letters_of_that_group_only() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let log = Log::listen();
    let _failing = subscribe(&vhost, seen.by("billing"), everything(Subscription::group("billing"))).await;
    let client = amqp_rpc::Client::builder().app_id("exchange").connect(vhost.uri()).await.unwrap();
    let prices = PricesClient::new(client);
    for price in [13, 666, 1] {
        prices.changed(price).topic("eu").await.unwrap();
    }
    assert_eq!(seen.next(1).await, ["billing: 1 eu"]);
    await_until("both are dead letters", || async {
        vhost.existing_queue("prices.events.billing.dead").await.ready == 2
    })
    .await;
    let lines = log.failures();
    let logged: Vec<_> = lines.iter().map(|line| (line.level, line.field("detail").to_owned())).collect();
    assert_eq!(logged.len(), 2, "{logged:?}");
    assert!(logged.contains(&(Level::WARN, "thirteen is not traded".into())), "{logged:?}");
    assert!(
        logged.iter().any(|(level, text)| *level == Level::ERROR && text.contains("beast")),
        "{logged:?}"
    );
    for line in &lines {
        for (field, text) in
            [("method", "prices.changed"), ("queue", "prices.events.billing"), ("app_id", "exchange")]
        {
            assert_eq!(line.field(field), text);
        }
        assert!(line.field("duration_ms").parse::<f64>().is_ok());
    }
    let peer = RawPeer::connect(&vhost.uri()).await;
    let dead = peer.get("prices.events.billing.dead").await.expect("it is there");
    let key = dead.text_header("x-amqp-rpc-routing-key");
    assert_eq!((key.as_deref(), dead.text()), (Some("prices.changed.eu"), r#"{"price":13}"#));
    await_until("all is settled", || async {
        vhost.existing_queue("prices.events.billing").await.is_settled()
    })
    .await;
}

#[tokio::test]
async fn a_listener_drops_events_that_fail_and_goes_on() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let fails = Log::listen();
    let _listener = subscribe(&vhost, seen.by("screen"), everything(Subscription::listener())).await;
    let prices = PricesClient::new(connect(&vhost).await);
    for price in [13, 666, 1] {
        prices.changed(price).await.unwrap();
    }
    assert_eq!(seen.next(1).await, ["screen: 1 -"]);
    assert!(vhost.queues().await.iter().all(|queue| !queue.ends_with(".dead")), "it has no dead letters");
    for line in fails.failures() {
        assert_eq!((line.field("method"), line.field("dropped")), ("prices.changed", "true"));
        assert!(line.field("queue").starts_with("amqp-rpc.events."), "{line:?}");
    }
    assert_eq!(fails.failures().len(), 2);
}

#[tokio::test]
async fn a_redelivered_at_most_once_event_becomes_a_dead_letter() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut seen = Received::new();
    let server = Server::new()
        .subscribe(seen.by("billing"), everything(Subscription::group("billing")))
        .concurrency(1);
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let prices = PricesClient::new(connect(&vhost).await);
    // With a prefetch of one the broker delivers nothing behind the event at the gate; without a member both
    // wait.
    prices.changed(7).await.unwrap();
    seen.gate.until_running(1).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    seen.gate.until_started(2).await;
    seen.gate.open_for(1);
    assert_eq!(seen.next(1).await, ["billing: 7 -"], "what may run twice runs again");

    let peer = RawPeer::connect(&vhost.uri()).await;
    let (client, server) = (peer.open_channel().await, server);
    within("the shutdown", server.shutdown()).await.unwrap();
    prices.closed().await.unwrap();
    // Another consumer takes and requeues it.
    let taken = client.basic_get("prices.events.billing".into(), Default::default()).await.unwrap();
    let taken = taken.expect("the event waits");
    let back = lapin::options::BasicNackOptions { requeue: true, ..Default::default() };
    taken.delivery.nack(back).await.unwrap();
    let _server = start(
        Server::new().subscribe(seen.by("billing"), everything(Subscription::group("billing"))),
        &vhost,
    )
    .await;
    await_until("it is a dead letter", || async {
        vhost.existing_queue("prices.events.billing.dead").await.ready == 1
    })
    .await;
    assert!(seen.receiver.try_recv().is_err(), "it was not run");
}

#[tokio::test]
async fn a_notification_with_a_reply_address_is_answered_with_null() {
    #[amqp_rpc::rpc_service]
    trait Desk {
        #[rpc(notify)]
        async fn ring(&self, times: u64) -> Result<(), super::Unlucky>;
    }
    struct Bell;
    impl Desk for Bell {
        async fn ring(&self, times: u64) -> Result<(), super::Unlucky> {
            if times == 13 { Err(super::Unlucky) } else { Ok(()) }
        }
    }
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(DeskServer::new(Bell)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let asking = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "desk.ring", asking.clone(), br#"{"times":1}"#).await;
    let reply = within("the answer", replies.next()).await;
    assert_eq!((reply.kind(), reply.json()), (Some("result"), serde_json::Value::Null));
    peer.publish("amqp-rpc", "desk.ring", asking, br#"{"times":13}"#).await;
    let reply = within("the answer", replies.next()).await;
    assert_eq!((reply.kind(), &reply.json()["code"]), (Some("fault"), &serde_json::json!("internal")));
    assert!(!reply.text().contains("thirteen"), "its error is for the log: {}", reply.text());
    assert_eq!(vhost.existing_queue("desk.dead").await.ready, 0, "it was answered");
}
