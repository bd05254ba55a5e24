//! The permissions that docs/topology.md lists for events suffice to subscribe and publish, and allow nothing
//! else.

use amqp_rpc::{Client, Server, Subscription, client::ReplyTo, error::StartError};

use super::{PricesChanged, PricesClient, Received, everything};
use crate::{
    services::until_epoch,
    support::{
        Proxy, RawPeer, Vhost, await_until,
        recipes::{GROUP, LISTENER, PUBLISHER, PUBLISHER_TO_WHAT_EXISTS},
        within,
    },
};

/// A client without a queue.
async fn connect(uri: &str) -> Client {
    within("the client", Client::builder().reply_to(ReplyTo::Direct).connect(uri)).await.expect("it may")
}

#[tokio::test]
async fn the_documented_permissions_suffice_to_subscribe_change_topics_and_publish() {
    let mut vhost = Vhost::create().await;
    let mut seen = Received::new();
    let (first, second) = (
        vhost.add_user("first", "secret", PUBLISHER).await,
        vhost.add_user("second", "secret", PUBLISHER_TO_WHAT_EXISTS).await,
    );
    let publisher = connect(&first).await;
    within("an event before anybody listens", PricesClient::new(publisher).changed(1)).await.unwrap();

    let group = vhost.add_user("group", "secret", GROUP).await;
    let listener = vhost.add_user("listener", "secret", LISTENER).await;
    let start = |name, uri: String, subscription| {
        let server = Server::new().subscribe(seen.by(name), everything(subscription));
        async move { within("the server", server.start(uri)).await.expect("it may") }
    };
    let proxy = Proxy::start(&listener).await;
    let group = start("group", group, Subscription::group("g")).await;
    let listener = start("listener", proxy.uri(), Subscription::listener()).await;
    for server in [&group, &listener] {
        let subscription = server.subscriptions().pop().unwrap();
        subscription.add::<PricesChanged>(["eu"]).await.unwrap();
        subscription.remove::<PricesChanged>(["#"]).await.unwrap();
    }
    proxy.cut();
    until_epoch(&listener, 2).await;
    let prices = PricesClient::new(connect(&second).await);
    for (price, topic) in [(2, "us"), (3, "eu"), (13, "eu")] {
        prices.changed(price).topic(topic).await.unwrap();
    }
    assert_eq!(seen.next(2).await, ["group: 3 eu", "listener: 3 eu"]);
    await_until("what failed is kept", || async {
        vhost.existing_queue("prices.events.g.dead").await.ready == 1
    })
    .await;
}

#[tokio::test]
async fn a_group_s_user_cannot_subscribe_for_another_group() {
    let mut vhost = Vhost::create().await;
    let seen = Received::new();
    let uri = vhost.add_user("group", "secret", GROUP).await;
    let other = Server::new().subscribe(seen.by("x"), everything(Subscription::group("other")));
    let error = within("the refusal", other.start(&uri)).await.unwrap_err();
    assert!(
        matches!(&error, StartError::AccessRefused { name, .. } if name == "prices.events.other"),
        "{error}"
    );
    assert!(error.to_string().contains(r"(configure `^prices\.events\.other$`"), "{error}");
    let channel = RawPeer::connect(&uri).await.open_channel().await;
    let publish = channel.basic_get("prices.events.other".into(), Default::default()).await;
    assert!(publish.is_err(), "it may not read there either");
}
