//! Events handled by functions: subscribers that implement no trait.

use amqp_rpc::{
    Context, Server, Subscription,
    error::{ChangeError, StartError},
    server::EventHandlers,
};
use tokio::sync::mpsc;
use tracing::Level;

use super::{PricesChanged, PricesClient, PricesClosed, Unlucky, refused_subscriptions::NewsPublished};
use crate::{
    services::{connect, start, until_epoch},
    support::{Log, Proxy, RawPeer, Vhost, await_until, within},
};

/// Handlers of both events that report what they get. 13 fails, 666 panics.
fn reporting(subscription: Subscription, seen: &mpsc::UnboundedSender<String>) -> EventHandlers {
    let (changes, closings) = (seen.clone(), seen.clone());
    let changed = move |event: PricesChanged, cx: Context| {
        let changes = changes.clone();
        async move {
            assert_ne!(event.price, 666, "the number of the beast");
            if event.price == 13 {
                return Err(Unlucky);
            }
            // The test may have ended already.
            let _ = changes.send(format!("{} {}", event.price, cx.topic().unwrap_or("-")));
            Ok(())
        }
    };
    subscription.on(changed).on::<PricesClosed>(move |_, _| {
        let _ = closings.send("closed".into());
        async {}
    })
}

async fn next(seen: &mut mpsc::UnboundedReceiver<String>) -> String {
    within("an event", seen.recv()).await.expect("the handlers hold a sender")
}

async fn refusal(server: Server) -> String {
    // Nothing listens on port 1: these errors need no broker.
    let error = within("the refusal", server.start("amqp://127.0.0.1:1")).await.expect_err("it is refused");
    assert!(matches!(error, StartError::InvalidOption(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn functions_receive_the_events_of_a_group_and_of_a_listener_by_topic() {
    let vhost = Vhost::create().await;
    let (sender, mut billing) = mpsc::unbounded_channel();
    let (screens, mut screen) = mpsc::unbounded_channel();
    let european = Subscription::group("billing").to::<PricesChanged>(["eu.*"]);
    let server = Server::new()
        .handle_events(reporting(european, &sender))
        .handle_events(reporting(Subscription::listener(), &screens));
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["prices.events.billing"]);
    let prices = PricesClient::new(connect(&vhost).await);
    for (price, topic) in [(1, "eu.de"), (2, "us.ny")] {
        prices.changed(price).topic(topic).await.unwrap();
    }
    prices.closed().await.unwrap();
    assert_eq!([next(&mut billing).await, next(&mut billing).await], ["1 eu.de", "closed"]);
    let all = [next(&mut screen).await, next(&mut screen).await, next(&mut screen).await];
    assert_eq!(all, ["1 eu.de", "2 us.ny", "closed"]);
}

#[tokio::test]
async fn an_event_whose_function_fails_or_is_missing_is_logged_and_becomes_a_dead_letter() {
    let vhost = Vhost::create().await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let log = Log::listen();
    let server =
        start(Server::new().handle_events(reporting(Subscription::group("billing"), &sender)), &vhost).await;
    let prices = PricesClient::new(connect(&vhost).await);
    for price in [13, 666, 1] {
        prices.changed(price).await.unwrap();
    }
    assert_eq!(next(&mut seen).await, "1 -");
    let dead = |count| {
        let vhost = &vhost;
        await_until("they are dead letters", move || async move {
            vhost.existing_queue("prices.events.billing.dead").await.ready == count
        })
    };
    dead(2).await;
    let logged: Vec<_> =
        log.failures().iter().map(|line| (line.level, line.field("detail").to_owned())).collect();
    assert_eq!(logged.len(), 2, "{logged:?}");
    assert!(logged.contains(&(Level::WARN, "thirteen is not traded".into())), "{logged:?}");
    assert!(logged.iter().any(|(level, _)| *level == Level::ERROR), "{logged:?}");

    // The next version of the program handles one event less; its binding is still there.
    within("the shutdown", server.shutdown()).await.unwrap();
    let less = Subscription::group("billing").on::<PricesClosed>(async |_, _| {});
    let server = start(Server::new().handle_events(less), &vhost).await;
    prices.changed(2).await.unwrap();
    dead(3).await;
    assert_eq!(log.failures()[2].field("outcome"), "unknown_method");
    // It can be removed without a handler, and not be added.
    let subscription = server.subscriptions().pop().expect("there is one");
    let error = subscription.add::<PricesChanged>(["eu"]).await.unwrap_err();
    assert!(error.to_string().contains("nothing handles `prices.changed`"), "{error}");
    within("the removal", subscription.remove::<PricesChanged>(["#"])).await.unwrap();
    let error = subscription.remove::<NewsPublished>(["#"]).await.unwrap_err();
    assert!(error.to_string().contains("`news.published` is no event of `prices`"), "{error}");
    prices.changed(3).await.unwrap();
    prices.closed().await.unwrap();
    await_until("all is settled", || async {
        vhost.existing_queue("prices.events.billing").await.is_settled()
    })
    .await;
    dead(3).await;
}

#[tokio::test]
async fn functions_subscribe_at_run_time_and_over_reconnects_and_end() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let server = Server::new().service(crate::services::FibServer::new(crate::services::Fibonacci));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let handlers = || reporting(Subscription::group("billing"), &sender);
    let active = within("the subscription", server.handle_events(handlers())).await.unwrap();
    assert_eq!((active.service(), active.group()), ("prices", Some("billing")));
    let again = within("the refusal", server.handle_events(handlers())).await.unwrap_err();
    assert!(matches!(again, ChangeError::Refused(_)), "{again}");

    let prices = PricesClient::new(connect(&vhost).await);
    prices.changed(1).await.unwrap();
    assert_eq!(next(&mut seen).await, "1 -");
    await_until("it is settled", || async {
        vhost.existing_queue("prices.events.billing").await.is_settled()
    })
    .await;
    proxy.cut();
    until_epoch(&server, 2).await;
    prices.changed(2).await.unwrap();
    assert_eq!(next(&mut seen).await, "2 -");
    assert!(within("the end", active.unsubscribe()).await.unwrap().is_clean());
    prices.changed(3).await.unwrap();
    assert_eq!(vhost.existing_queue("prices.events.billing").await.ready, 1);
}

#[tokio::test]
async fn handlers_of_two_services_and_two_of_one_event_are_refused_at_the_start() {
    let group = || Subscription::group("billing").on::<PricesChanged>(async |_, _| {});
    let error = refusal(Server::new().handle_events(group().on::<NewsPublished>(async |_, _| {}))).await;
    assert!(error.contains("`news.published` is no event of `prices`"), "{error}");
    let error = refusal(Server::new().handle_events(group().on::<PricesChanged>(async |_, _| {}))).await;
    assert!(error.contains("`prices.changed` has two handlers"), "{error}");
    let error = refusal(Server::new().handle_events(group().to::<PricesClosed>(["#"]))).await;
    assert!(error.contains("nothing handles `prices.closed`"), "{error}");
    let error = refusal(Server::new().handle_events(group().to::<PricesChanged>([""]))).await;
    assert!(error.contains("empty word"), "{error}");
}

#[tokio::test]
async fn a_foreign_event_that_asks_for_a_reply_is_handled_and_not_answered() {
    let vhost = Vhost::create().await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let server = Server::new().handle_events(reporting(Subscription::group("billing"), &sender));
    let _server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let asking = lapin::BasicProperties::default().with_reply_to("somewhere".into());
    peer.publish("amqp-rpc.events", "prices.changed.eu", asking, br#"{"price":5}"#).await;
    assert_eq!(next(&mut seen).await, "5 eu");
    await_until("all is settled", || async {
        vhost.existing_queue("prices.events.billing").await.is_settled()
    })
    .await;
    assert_eq!(vhost.existing_queue("prices.events.billing.dead").await.ready, 0);
}
