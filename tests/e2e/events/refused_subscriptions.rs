//! Invalid subscriptions: each error says what to do instead.

use amqp_rpc::{
    Server, Subscription,
    error::{ChangeError, StartError},
    server::Declare,
};

use super::{PricesChanged, Received, everything};
use crate::{
    services::{FibClient, FibServer, Fibonacci, connect, start, until_epoch},
    support::{Permissions, Vhost, within},
};

mod news {
    #[amqp_rpc::rpc_service]
    pub(in crate::events) trait News {
        #[rpc(event)]
        async fn published(&self);
    }

    pub(super) struct Reader;

    impl News for Reader {
        async fn published(&self) {}
    }
}

pub(super) use news::NewsPublished;
use news::{NewsServer, Reader};

async fn refusal(server: Server) -> String {
    // Nothing listens on port 1: these errors need no broker.
    within("the refusal", server.start("amqp://127.0.0.1:1")).await.expect_err("it is refused").to_string()
}

#[tokio::test]
async fn an_invalid_subscription_is_refused_before_anything_is_sent() {
    let seen = Received::new();
    let to = |topics: &str| Subscription::listener().to::<PricesChanged>([topics]);
    for topics in ["", "eu..de", "#x", "eu\0", &"x".repeat(255)] {
        let error = refusal(Server::new().subscribe(seen.by("one"), to(topics))).await;
        assert!(error.contains("prices.changed"), "{error}");
    }
    let foreign = Subscription::group("billing").to_all::<NewsPublished>();
    let error = refusal(Server::new().subscribe(seen.by("one"), foreign)).await;
    assert_eq!(error, "`news.published` is no event of `prices`");
    let error = refusal(Server::new().subscribe(seen.by("one"), Subscription::group("billing"))).await;
    assert!(error.contains("names no event"), "{error}");
    let nothing = Subscription::group("g").to_all::<NewsPublished>();
    let error = refusal(Server::new().subscribe(FibServer::new(Fibonacci), nothing)).await;
    assert!(error.contains("`fib` has no event"), "{error}");
    let long = everything(Subscription::group("g".repeat(250)));
    let error = refusal(Server::new().subscribe(seen.by("one"), long)).await;
    assert!(error.contains("AMQP's 255 bytes"), "{error}");
    let twice = || everything(Subscription::group("billing"));
    let error =
        refusal(Server::new().subscribe(seen.by("one"), twice()).subscribe(seen.by("two"), twice())).await;
    assert!(error.contains("queue `prices.events.billing` is consumed already"), "{error}");
}

#[tokio::test]
async fn a_service_of_events_only_is_subscribed_to_and_cannot_be_served() {
    let error = Server::new().service(NewsServer::new(Reader)).start("amqp://127.0.0.1:1").await.unwrap_err();
    assert!(matches!(error, StartError::OnlyEvents { service: "news" }), "{error}");
    let text = error.to_string();
    assert!(text.contains(".subscribe(..)") && text.contains(".handle_events(..)"), "{text}");

    let vhost = Vhost::create().await;
    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let error = server.add(NewsServer::new(Reader)).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(StartError::OnlyEvents { .. })), "{error}");
}

#[tokio::test]
async fn a_server_that_declares_nothing_uses_the_existing_queue_and_bindings() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let server = |declare| {
        Server::new().subscribe(seen.by("billing"), Subscription::group("billing")).declare(declare)
    };
    let missing = server(Declare::Passive).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(missing, StartError::Missing { .. }), "{missing}");
    let declared = Server::new().subscribe(seen.by("x"), everything(Subscription::group("billing")));
    start(declared, &vhost).await.shutdown().await.unwrap();

    for declare in [Declare::Passive, Declare::None] {
        let running = start(server(declare), &vhost).await;
        let subscription = running.subscriptions().pop().unwrap();
        let error = subscription.add::<PricesChanged>(["us"]).await.unwrap_err();
        assert!(error.to_string().contains("binds nothing"), "{error}");
        running.shutdown().await.unwrap();
    }
    let _server = start(server(Declare::Passive), &vhost).await;
    let prices = super::PricesClient::new(connect(&vhost).await);
    prices.changed(1).topic("eu").await.unwrap();
    assert_eq!(seen.next(1).await, ["billing: 1 eu"]);
}

#[tokio::test]
async fn a_listener_that_may_not_read_is_refused_and_disturbs_no_service() {
    let mut vhost = Vhost::create().await;
    let seen = Received::new();
    let permissions = Permissions {
        configure: ".*",
        write: ".*",
        read: r"^(fib.*|amqp-rpc|amqp-rpc\.dead|amqp-rpc\.events)$|->",
    };
    let user = vhost.add_user("worker", "secret", permissions).await;
    let server =
        within("the server", Server::new().service(FibServer::new(Fibonacci)).start(user)).await.unwrap();
    for subscription in [Subscription::listener(), Subscription::group("billing")] {
        let refused = server.subscribe(seen.by("one"), everything(subscription));
        let error = within("the refusal", refused).await.unwrap_err();
        assert!(matches!(error, ChangeError::Refused(StartError::AccessRefused { .. })), "{error:?}");
    }
    assert!(server.subscriptions().is_empty());
    // LavinMQ lets it declare the queue of the group, and refuses the consumer, which costs one connection.
    let lost = u64::from(vhost.is_lavinmq());
    until_epoch(&server, 1 + lost).await;

    // So does every broker where the queue exists.
    let member = Server::new().subscribe(seen.by("one"), everything(Subscription::group("billing")));
    start(member, &vhost).await.shutdown().await.unwrap();
    let again = server.subscribe(seen.by("one"), everything(Subscription::group("billing")));
    let error = within("the refusal", again).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(StartError::AccessRefused { .. })), "{error:?}");
    until_epoch(&server, 2 + lost).await;
    let fib = FibClient::new(connect(&vhost).await);
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
}
