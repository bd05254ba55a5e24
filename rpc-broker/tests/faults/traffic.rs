//! What happens to single methods: lost, late, twice, in another order.

use std::time::{Duration, Instant};

use amqp_rpc_broker::faults::{Action, Direction, Matcher, Method};
use tokio::time::timeout;

use crate::stage::{Stage, bodies, next, publish, soon};

#[tokio::test]
async fn a_dropped_publish_never_reaches_its_queue() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let rule = stage.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::Drop);

    client.publish_all("q", &["1", "2", "3"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 2).await, ["1", "3"]);
    assert_eq!((rule.hits(), stage.ready("q").await), (1, 0));
}

#[tokio::test]
async fn a_dropped_delivery_stays_unacknowledged() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let _rule = stage.broker.on(Matcher::to_client(Method::BasicDeliver).times(1), Action::Drop);

    client.publish_all("q", &["1", "2"]).await;

    assert_eq!(bodies(&mut consumer, 1).await, ["2"]);
    client.sync().await;
    assert_eq!(stage.unacked("q").await, 1);
}

#[tokio::test]
async fn a_delay_holds_up_what_is_behind_it_and_no_other_connection() {
    const DELAY: Duration = Duration::from_millis(300);
    let stage = Stage::new().await;
    let (slow, fast) = (stage.client("slow").await, stage.client("fast").await);
    slow.declare("q").await;
    let event = Matcher::from_client(Method::BasicPublish).connection("slow").times(1);
    let rule = stage.broker.on(event, Action::Delay(DELAY));

    let begin = Instant::now();
    slow.publish("q", "slow").await;
    soon(rule.hit()).await;
    fast.publish_all("q", &["fast"]).await;
    slow.sync().await;

    assert!(begin.elapsed() >= DELAY);
    let mut consumer = fast.consume("q").await;
    assert_eq!(bodies(&mut consumer, 2).await, ["fast", "slow"]);
}

#[tokio::test]
async fn a_duplicated_publish_is_delivered_twice() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let _rule = stage.broker.on(Matcher::from_client(Method::BasicPublish).nth(1), Action::Duplicate);

    client.publish_all("q", &["1", "2"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "1", "2"]);
}

#[tokio::test]
async fn reordered_deliveries_change_places() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let _rule = stage.broker.on(Matcher::to_client(Method::BasicDeliver).nth(1), Action::Reorder);

    client.publish("q", "1").await;
    client.publish("q", "2").await;
    client.publish("q", "3").await;

    assert_eq!(bodies(&mut consumer, 3).await, ["2", "1", "3"]);
}

#[tokio::test]
async fn reordered_publishes_change_places() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let _rule = stage.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::Reorder);

    client.publish_all("q", &["1", "2", "3"]).await;

    let mut consumer = client.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "3", "2"]);
}

#[tokio::test]
async fn a_stalled_direction_goes_on_in_order_when_its_rule_is_removed() {
    let stage = Stage::new().await;
    let (client, other) = (stage.client("client").await, stage.client("other").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let event = Matcher::to_client(Method::BasicDeliver).connection("client");
    let stall = stage.broker.on(event, Action::Stall);

    other.publish_all("q", &["1", "2"]).await;
    soon(stall.hit()).await;
    let answered = client.declare("other");
    tokio::pin!(answered);
    assert!(timeout(Duration::from_millis(50), &mut answered).await.is_err(), "it is silent");

    stall.remove();
    answered.await;
    assert_eq!(bodies(&mut consumer, 2).await, ["1", "2"]);
}

#[tokio::test]
async fn a_stalled_client_is_not_heard_and_hears_the_broker() {
    let stage = Stage::new().await;
    let (client, other) = (stage.client("client").await, stage.client("other").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let connection = stage.vhost.connection("client").await.unwrap();
    let stall = connection.stall(Direction::FromClient);

    client.publish("q", "unheard").await;
    soon(stall.hit()).await;
    other.publish_all("q", &["heard"]).await;

    assert_eq!(next(&mut consumer).await.data, b"heard");
    stall.remove();
    assert_eq!(next(&mut consumer).await.data, b"unheard");
}

#[tokio::test]
async fn bytes_are_injected_before_and_after() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let event = Matcher::to_client(Method::BasicDeliver).nth(1);
    // A delivery of "x", whole and without acknowledgement in the broker.
    let forged = forged_delivery(&consumer.tag().to_string(), 99, b'x');
    let _before = stage.broker.on(event.clone(), Action::InjectBefore(forged.clone()));
    let _after = stage.broker.on(event, Action::InjectAfter(forged));

    client.publish("q", "real").await;

    let got = [next(&mut consumer).await, next(&mut consumer).await, next(&mut consumer).await];
    assert_eq!(got.map(|delivery| delivery.data), [&b"x"[..], b"real", b"x"]);
}

#[tokio::test]
async fn bytes_around_a_request_reach_the_client_around_its_answer() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let event = Matcher::from_client(Method::BasicPublish);
    let forged = |body| forged_delivery(&consumer.tag().to_string(), 99, body);
    let _before = stage.broker.on(event.clone(), Action::InjectBefore(forged(b'<')));
    let _after = stage.broker.on(event, Action::InjectAfter(forged(b'>')));

    client.publish("q", "real").await;

    let got = [next(&mut consumer).await, next(&mut consumer).await, next(&mut consumer).await];
    assert_eq!(got.map(|delivery| delivery.data), [&b"<"[..], b"real", b">"]);
}

#[tokio::test]
async fn a_connection_takes_bytes_from_a_handle() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let connection = stage.vhost.connection("client").await.unwrap();

    connection.inject(&forged_delivery(&consumer.tag().to_string(), 1, b'x'));

    assert_eq!(next(&mut consumer).await.data, b"x");
}

#[tokio::test]
async fn nacked_publishes_are_told_so_and_go_nowhere() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    client.select_confirms().await;
    let _rule =
        stage.broker.on(Matcher::from_client(Method::BasicPublish).routing_key("q").nth(2), Action::Nack);

    let mut acked = Vec::new();
    for body in ["1", "2", "3"] {
        acked.push(soon(publish(&client.channel, "q", body).await).await.unwrap().is_ack());
    }

    assert_eq!(acked, [true, false, true]);
    assert_eq!(stage.ready("q").await, 2);
}

/// A delivery of one byte on channel 1, to the exchange and key "".
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
