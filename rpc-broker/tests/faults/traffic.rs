//! Faults of single methods: dropped, delayed, duplicated, reordered, stalled, injected.

use std::time::{Duration, Instant};

use amqp_rpc_broker::faults::{Action, Direction, Matcher, Method};
use tokio::time::timeout;

use crate::setup::{TestBroker, bodies, in_time, next, publish};

#[tokio::test]
async fn a_dropped_publish_never_reaches_its_queue() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::Drop);

    client.publish_all("q", &["1", "2", "3"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 2).await, ["1", "3"]);
    assert_eq!((rule.hits(), test.ready("q").await), (1, 0));
}

#[tokio::test]
async fn a_dropped_delivery_stays_unacknowledged() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let _rule = test.broker.on(Matcher::to_client(Method::BasicDeliver).times(1), Action::Drop);

    client.publish_all("q", &["1", "2"]).await;

    assert_eq!(bodies(&mut consumer, 1).await, ["2"]);
    client.sync().await;
    assert_eq!(test.unacked("q").await, 1);
}

#[tokio::test]
async fn a_delay_applies_to_later_methods_and_not_to_other_connections() {
    const DELAY: Duration = Duration::from_millis(300);
    let test = TestBroker::new().await;
    let (slow, fast) = (test.client("slow").await, test.client("fast").await);
    slow.declare("q").await;
    let matcher = Matcher::from_client(Method::BasicPublish).connection("slow").times(1);
    let rule = test.broker.on(matcher, Action::Delay(DELAY));

    let begin = Instant::now();
    slow.publish("q", "slow").await;
    in_time(rule.hit()).await;
    fast.publish_all("q", &["fast"]).await;
    slow.sync().await;

    assert!(begin.elapsed() >= DELAY);
    let mut consumer = fast.consume("q").await;
    assert_eq!(bodies(&mut consumer, 2).await, ["fast", "slow"]);
}

#[tokio::test]
async fn a_duplicated_publish_is_delivered_twice() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let _rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(1), Action::Duplicate);

    client.publish_all("q", &["1", "2"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "1", "2"]);
}

#[tokio::test]
async fn reordered_deliveries_are_swapped() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let _rule = test.broker.on(Matcher::to_client(Method::BasicDeliver).nth(1), Action::Reorder);

    client.publish("q", "1").await;
    client.publish("q", "2").await;
    client.publish("q", "3").await;

    assert_eq!(bodies(&mut consumer, 3).await, ["2", "1", "3"]);
}

#[tokio::test]
async fn reordered_publishes_are_swapped() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let _rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::Reorder);

    client.publish_all("q", &["1", "2", "3"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "3", "2"]);
}

#[tokio::test]
async fn a_stalled_direction_continues_in_order_when_its_rule_is_removed() {
    let test = TestBroker::new().await;
    let (client, other) = (test.client("client").await, test.client("other").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let matcher = Matcher::to_client(Method::BasicDeliver).connection("client");
    let stall = test.broker.on(matcher, Action::Stall);

    other.publish_all("q", &["1", "2"]).await;
    in_time(stall.hit()).await;
    let answered = client.declare("other");
    tokio::pin!(answered);
    assert!(timeout(Duration::from_millis(50), &mut answered).await.is_err(), "nothing arrives");

    stall.remove();
    answered.await;
    assert_eq!(bodies(&mut consumer, 2).await, ["1", "2"]);
}

#[tokio::test]
async fn a_client_with_a_stalled_direction_still_receives() {
    let test = TestBroker::new().await;
    let (client, other) = (test.client("client").await, test.client("other").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let connection = test.vhost.connection("client").await.unwrap();
    let stall = connection.stall(Direction::FromClient);

    client.publish("q", "stalled").await;
    in_time(stall.hit()).await;
    other.publish_all("q", &["passed"]).await;

    assert_eq!(next(&mut consumer).await.data, b"passed");
    stall.remove();
    assert_eq!(next(&mut consumer).await.data, b"stalled");
}

#[tokio::test]
async fn bytes_are_injected_before_and_after() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let matcher = Matcher::to_client(Method::BasicDeliver).nth(1);
    // A delivery of "x", whole and without acknowledgement in the broker.
    let forged = forged_delivery(&consumer.tag().to_string(), 99, b'x');
    let _before = test.broker.on(matcher.clone(), Action::InjectBefore(forged.clone()));
    let _after = test.broker.on(matcher, Action::InjectAfter(forged));

    client.publish("q", "real").await;

    let got = [next(&mut consumer).await, next(&mut consumer).await, next(&mut consumer).await];
    assert_eq!(got.map(|delivery| delivery.data), [&b"x"[..], b"real", b"x"]);
}

#[tokio::test]
async fn bytes_injected_around_a_request_arrive_around_its_response() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let matcher = Matcher::from_client(Method::BasicPublish);
    let forged = |body| forged_delivery(&consumer.tag().to_string(), 99, body);
    let _before = test.broker.on(matcher.clone(), Action::InjectBefore(forged(b'<')));
    let _after = test.broker.on(matcher, Action::InjectAfter(forged(b'>')));

    client.publish("q", "real").await;

    let got = [next(&mut consumer).await, next(&mut consumer).await, next(&mut consumer).await];
    assert_eq!(got.map(|delivery| delivery.data), [&b"<"[..], b"real", b">"]);
}

#[tokio::test]
async fn a_connection_handle_injects_bytes() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let connection = test.vhost.connection("client").await.unwrap();

    connection.inject(&forged_delivery(&consumer.tag().to_string(), 1, b'x'));

    assert_eq!(next(&mut consumer).await.data, b"x");
}

#[tokio::test]
async fn nacked_publishes_are_not_routed() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    client.select_confirms().await;
    let _rule =
        test.broker.on(Matcher::from_client(Method::BasicPublish).routing_key("q").nth(2), Action::Nack);

    let mut acked = Vec::new();
    for body in ["1", "2", "3"] {
        acked.push(in_time(publish(&client.channel, "q", body).await).await.unwrap().is_ack());
    }

    assert_eq!(acked, [true, false, true]);
    assert_eq!(test.ready("q").await, 2);
}

/// Encodes a delivery of one byte on channel 1, with empty exchange and routing key.
fn forged_delivery(consumer_tag: &str, delivery_tag: u8, body: u8) -> Vec<u8> {
    let mut deliver = vec![0, 60, 0, 60, u8::try_from(consumer_tag.len()).unwrap()];
    deliver.extend_from_slice(consumer_tag.as_bytes());
    deliver.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, delivery_tag, 0, 0, 0]);
    let header = [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
    [frame(1, &deliver), frame(2, &header), frame(3, &[body])].concat()
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 0, 1][..], &size, payload, &[0xCE]].concat()
}
