//! Subscribing, choosing other topics and unsubscribing while a server runs.

use amqp_rpc::{Server, Subscription, error::ChangeError};

use super::{PricesChanged, PricesClient, PricesClosed, Received, everything, subscribe};
use crate::{
    services::{FibServer, Fibonacci, connect, start, until_connecting, until_epoch},
    support::{Proxy, Vhost, await_until, within},
};

#[tokio::test]
async fn a_server_subscribes_and_unsubscribes_while_it_runs() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let prices = PricesClient::new(connect(&vhost).await);
    let billing = everything(Subscription::group("billing"));
    let group = within("the group", server.subscribe(seen.by("billing"), billing.clone())).await.unwrap();
    let listener = server.subscribe(seen.by("screen"), everything(Subscription::listener()));
    let listener = within("the listener", listener).await.unwrap();
    assert_eq!((group.service(), group.group(), listener.group()), ("prices", Some("billing"), None));
    assert_eq!(server.queues(), ["fib", "prices.events.billing"]);
    assert_eq!(server.subscriptions().len(), 2);
    prices.changed(1).await.unwrap();
    assert_eq!(seen.next(2).await, ["billing: 1 -", "screen: 1 -"]);

    let again = server.subscribe(seen.by("x"), billing.clone()).await.unwrap_err();
    assert!(matches!(again, ChangeError::Refused(_)), "{again}");

    let (other, last) = (group.clone(), listener.clone());
    assert!(within("the end", listener.unsubscribe()).await.unwrap().is_clean());
    assert!(within("the end", group.unsubscribe()).await.unwrap().is_clean());
    await_until("the listener's queue is gone", || async {
        vhost.queues().await.iter().all(|queue| !queue.starts_with("amqp-rpc.events."))
    })
    .await;
    let error = other.add::<PricesChanged>(["eu"]).await.unwrap_err();
    assert!(
        matches!(&error, ChangeError::NotServed { name, .. } if name == "prices.events.billing"),
        "{error}"
    );
    assert!(last.unsubscribe().await.is_err());

    // The queue of the group still receives events.
    prices.changed(2).await.unwrap();
    assert_eq!(vhost.existing_queue("prices.events.billing").await.ready, 1);
    within("the group again", server.subscribe(seen.by("billing"), billing)).await.unwrap();
    assert_eq!(seen.next(1).await, ["billing: 2 -"]);
}

#[tokio::test]
async fn unsubscribing_waits_for_the_events_that_are_being_handled() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let server = subscribe(&vhost, seen.by("billing"), everything(Subscription::group("billing"))).await;
    let prices = PricesClient::new(connect(&vhost).await);
    prices.changed(7).await.unwrap();
    seen.gate.until_running(1).await;
    let ending = tokio::spawn(server.subscriptions().pop().unwrap().unsubscribe());
    await_until("no consumer is left", || async {
        vhost.existing_queue("prices.events.billing").await.consumers == 0
    })
    .await;
    assert!(!ending.is_finished());
    seen.gate.open_for(1);
    assert_eq!(seen.next(1).await, ["billing: 7 -"]);
    assert!(within("the end", ending).await.unwrap().unwrap().is_clean());
}

#[tokio::test]
async fn topics_change_at_run_time_and_stay_changed_over_reconnects() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut seen = Received::new();
    let european =
        |subscription: Subscription| subscription.to::<PricesChanged>(["eu.*"]).to_all::<PricesClosed>();
    let server = Server::new()
        .subscribe(seen.by("billing"), european(Subscription::group("billing")))
        .subscribe(seen.by("screen"), european(Subscription::listener()));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let prices = PricesClient::new(connect(&vhost).await);
    for subscription in server.subscriptions() {
        subscription.add::<PricesChanged>(["us.*", "jp"]).await.unwrap();
        subscription.remove::<PricesChanged>(["eu.*", "never.bound"]).await.unwrap();
        let error = subscription.add::<PricesChanged>(["us", "#x"]).await.unwrap_err();
        assert!(matches!(error, ChangeError::Refused(_)), "{error}");
    }
    for epoch in 1..4 {
        for (price, topic) in [(1, "eu.de"), (2, "us.ny"), (3, "jp"), (4, "us")] {
            prices.changed(price).topic(topic).await.unwrap();
        }
        assert_eq!(
            seen.next(4).await,
            ["billing: 2 us.ny", "billing: 3 jp", "screen: 2 us.ny", "screen: 3 jp"],
            "epoch {epoch}"
        );
        // An event may be redelivered until its acknowledgement is written.
        for queue in vhost.queues().await.iter().filter(|queue| queue.contains(".events.")) {
            await_until("all is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
        }
        proxy.cut();
        until_epoch(&server, epoch + 1).await;
    }
}

#[tokio::test]
async fn bindings_of_an_earlier_program_are_removed_by_hand() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let group = |topics: &str| {
        let group = Subscription::group("billing").to::<PricesChanged>([topics]);
        group.to_all::<PricesClosed>()
    };
    subscribe(&vhost, seen.by("old"), group("old.*")).await.shutdown().await.unwrap();
    let server = subscribe(&vhost, seen.by("new"), group("new.*")).await;
    let prices = PricesClient::new(connect(&vhost).await);
    prices.changed(1).topic("old.one").await.unwrap();
    assert_eq!(seen.next(1).await, ["new: 1 old.one"], "its binding is still there");
    let subscription = server.subscriptions().pop().unwrap();
    subscription.remove::<PricesChanged>(["old.*"]).await.unwrap();
    prices.changed(2).topic("old.one").await.unwrap();
    prices.changed(3).topic("new.one").await.unwrap();
    prices.closed().await.unwrap();
    assert_eq!(seen.until_closed("-").await, ["3 new.one"]);
}

#[tokio::test]
async fn a_subscription_cannot_be_changed_during_an_outage_and_stays_as_it_was() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut seen = Received::new();
    let server = Server::new().subscribe(seen.by("screen"), everything(Subscription::listener()));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let subscription = server.subscriptions().pop().unwrap();
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&server).await;
    for refused in [
        within("a refusal", subscription.add::<PricesChanged>(["eu"])).await.unwrap_err(),
        within("a refusal", subscription.remove::<PricesChanged>(["#"])).await.unwrap_err(),
        within("a refusal", subscription.unsubscribe()).await.unwrap_err(),
    ] {
        assert!(matches!(refused, ChangeError::NotConnected(_)), "{refused}");
    }
    proxy.refuse(false);
    until_epoch(&server, 2).await;
    PricesClient::new(connect(&vhost).await).changed(1).topic("us").await.unwrap();
    assert_eq!(seen.next(1).await, ["screen: 1 us"]);
}
