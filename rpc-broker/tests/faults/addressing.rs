//! The methods that a rule matches, their counts, and the lifetime of a rule.

use amqp_rpc_broker::faults::{Action, Matcher, Method};

use crate::setup::{TestBroker, bodies, in_time, publish};

#[tokio::test]
async fn a_rule_is_addressed_by_connection_and_channel() {
    let test = TestBroker::new().await;
    let (one, other) = (test.client("one").await, test.client("other").await);
    one.declare("q").await;
    let second = one.another_channel().await;
    let matcher = Matcher::from_client(Method::BasicPublish).connection("one").channel(2);
    let _rule = test.broker.on(matcher, Action::Drop);

    publish(&second, "q", "lost").await;
    one.publish_all("q", &["first channel"]).await;
    other.publish_all("q", &["other connection"]).await;
    crate::setup::declare(&second, "q").await.unwrap();

    let mut consumer = one.consume("q").await;
    assert_eq!(bodies(&mut consumer, 2).await, ["first channel", "other connection"]);
    assert_eq!(test.ready("q").await, 0);
}

#[tokio::test]
async fn a_rule_is_addressed_by_user_vhost_queue_exchange_and_key() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let never = [
        Matcher::any().user("other"),
        Matcher::any().vhost("elsewhere"),
        Matcher::any().queue("another"),
        Matcher::any().exchange("amq.direct"),
        Matcher::any().routing_key("another"),
    ];
    let never = never.map(|matcher| test.broker.on(matcher, Action::Reset));
    let publish = Matcher::from_client(Method::BasicPublish);
    let seen = [
        publish.clone().user("guest").vhost("/").exchange("").routing_key("q"),
        Matcher::from_client(Method::QueueDeclare).queue("q"),
        publish.matching(|publish| publish.body() == b"body"),
    ];
    let seen = seen.map(|matcher| test.broker.on(matcher, Action::Pass));

    client.publish_all("q", &["body"]).await;

    assert_eq!(seen.map(|rule| rule.hits()), [1, 1, 1]);
    assert_eq!(never.map(|rule| rule.hits()), [0; 5]);
}

#[tokio::test]
async fn a_delivery_is_addressed_by_the_queue_that_it_comes_from() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    client.declare("other").await;
    let delivery = Matcher::to_client(Method::BasicDeliver);
    let _lost = test.broker.on(delivery.clone().queue("q").nth(1), Action::Drop);
    let of_other = test.broker.on(delivery.queue("other"), Action::Pass);
    let got = test.broker.on(Matcher::to_client(Method::BasicGetOk).queue("other"), Action::Pass);

    client.publish_all("q", &["1", "2"]).await;
    client.publish_all("other", &["3", "4"]).await;
    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 1).await, ["2"]);
    assert_eq!(of_other.hits(), 0);
    let channel = client.another_channel().await;
    channel.basic_get("other".into(), Default::default()).await.unwrap().expect("a message");
    assert_eq!((of_other.hits(), got.hits()), (0, 1));
}

#[tokio::test]
async fn a_rule_that_can_never_match_is_refused() {
    let test = TestBroker::new().await;
    let refused = |matcher: Matcher| {
        let adding = std::panic::AssertUnwindSafe(|| drop(test.broker.on(matcher, Action::Drop)));
        let panic = std::panic::catch_unwind(adding).expect_err("it panics");
        panic.downcast_ref::<String>().expect("it says why").clone()
    };
    assert_eq!(
        refused(Matcher::from_client(Method::BasicDeliver)),
        "this can never match: `basic.deliver` only comes to clients: use `to_client`"
    );
    assert_eq!(
        refused(Matcher::from_client(Method::BasicPublish).queue("q")),
        "this can never match: `basic.publish` names no queue"
    );
}

#[tokio::test]
async fn a_rule_ends_with_its_guard_unless_it_is_kept() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let publish = Matcher::from_client(Method::BasicPublish);
    drop(test.broker.on(publish.clone(), Action::Drop));
    test.broker.on(publish.after(1), Action::Drop).keep();

    client.publish_all("q", &["1", "2", "3"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 1).await, ["1"]);
    assert_eq!(test.ready("q").await, 0);
}

#[tokio::test]
async fn several_rules_apply_in_the_order_in_which_they_were_added() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let publish = Matcher::from_client(Method::BasicPublish);
    let counted = test.broker.on(publish.clone(), Action::Pass);
    let _twice = test.broker.on(publish.clone().after(1), Action::Duplicate);
    let _dropped = test.broker.on(publish.nth(3), Action::Drop);

    client.publish_all("q", &["1", "2", "3"]).await;

    in_time(counted.until_hits(3)).await;
    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "2", "2"]);
    assert_eq!(test.ready("q").await, 0);
}

#[tokio::test]
async fn rules_are_plain_data() {
    let rules =
        [(Matcher::from_client(Method::BasicAck).nth(2), Action::Reset), (Matcher::any(), Action::Duplicate)];
    assert_eq!(rules.clone(), rules);
    let (matcher, action) = &rules[0];
    assert!(format!("{matcher:?} {action:?}").contains("BasicAck"), "{rules:?}");
}
