//! The contents and the lifetime of a recording.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amqp_rpc_broker::faults::{Action, Direction, Matcher, Method};
use lapin::options::BasicAckOptions;

use crate::setup::{TestBroker, in_time, next};

#[tokio::test]
async fn a_recording_shows_the_steps_of_a_request() {
    let test = TestBroker::new().await;
    let recording = test.broker.record();
    let client = test.client("billing").await;
    client.declare("fib").await;
    let _rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(1), Action::Duplicate);
    client.publish("fib", "10").await;
    let mut consumer = client.consume("fib").await;
    next(&mut consumer).await.ack(BasicAckOptions::default()).await.unwrap();

    let acked = in_time(recording.until(&Matcher::from_client(Method::BasicAck))).await;

    assert_eq!((acked.connection(), acked.delivery_tag()), ("billing", Some(1)));
    let frames = recording.frames();
    frames.assert_in_order(&[
        Matcher::to_client(Method::ConnectionStart).connection("billing"),
        Matcher::from_client(Method::ConnectionStartOk),
        Matcher::from_client(Method::ConnectionOpen).user("guest"),
        Matcher::to_client(Method::ConnectionOpenOk).vhost("/"),
        Matcher::from_client(Method::BasicPublish).routing_key("fib"),
        Matcher::to_client(Method::BasicDeliver).routing_key("fib"),
        Matcher::from_client(Method::BasicAck).channel(1),
    ]);
    let text = frames.to_string();
    for line in [
        "billing/0 → connection.start-ok mechanism=\"PLAIN\"\n",
        "billing/1 → queue.declare queue=\"fib\"\n",
        "billing/1 ← queue.declare-ok queue=\"fib\" message_count=0 consumer_count=0\n",
        "billing/1 → basic.publish exchange=\"\" routing_key=\"fib\" (2 bytes) [Duplicate]\n",
        "billing/1 → basic.ack delivery_tag=1\n",
    ] {
        assert!(text.contains(line), "{line:?} is missing in\n{text}");
    }
    assert!(!text.contains("guest"), "no password: {text}");
}

#[tokio::test]
async fn frames_are_selected_and_counted_by_matchers() {
    let test = TestBroker::new().await;
    let (one, other) = (test.client("one").await, test.client("other").await);
    let recording = test.broker.record();
    one.declare("q").await;
    other.publish_all("q", &["1", "2"]).await;

    let frames = recording.frames();

    assert_eq!(frames.count(&Matcher::any().connection("one")), 2);
    let sent = frames.only(&Matcher::any_in(Direction::FromClient).connection("other"));
    assert_eq!(sent.methods(), [Method::BasicPublish, Method::BasicPublish, Method::QueueDeclare]);
    assert_eq!(sent[1].body(), b"2");
    sent.assert_none(&Matcher::from_client(Method::BasicAck));
}

#[tokio::test]
async fn an_assertion_that_fails_prints_the_recording() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let recording = test.broker.record();
    client.declare("q").await;
    let frames = recording.frames();
    let in_wrong_order =
        [Matcher::to_client(Method::QueueDeclareOk), Matcher::from_client(Method::QueueDeclare)];

    assert!(!frames.contains_in_order(&in_wrong_order));
    let failed = catch_unwind(AssertUnwindSafe(|| frames.assert_in_order(&in_wrong_order))).unwrap_err();

    let message = failed.downcast_ref::<String>().unwrap();
    assert!(message.contains("client/1 → queue.declare queue=\"q\"\n"), "{message}");
    assert!(message.starts_with("matcher 2 was not matched"), "{message}");
}

#[tokio::test]
async fn a_recording_keeps_the_newest_methods_and_counts_the_dropped_ones() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let (all, newest) = (test.broker.record(), test.broker.record_last(2));
    for queue in ["a", "b", "c"] {
        client.declare(queue).await;
    }

    let (all, newest) = (all.frames(), newest.frames());

    assert_eq!((all.len(), all.dropped()), (6, 0));
    assert_eq!((newest.methods(), newest.dropped()), (all.methods().split_off(4), 4));
    assert!(newest.to_string().starts_with("(4 older methods were dropped)\n"), "{newest}");
}

#[tokio::test]
async fn a_heartbeat_is_recorded_and_can_be_lost() {
    use std::time::Duration;

    use futures_util::StreamExt;

    let broker = amqp_rpc_broker::Broker::builder().heartbeat(Duration::from_secs(1)).start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let test = TestBroker { broker, vhost };
    let recording = test.broker.record();
    let _lost = test.broker.on(Matcher::to_client(Method::Heartbeat), Action::Drop);
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    let ended = in_time(consumer.next()).await;

    assert!(ended.is_none_or(|next| next.is_err()), "the client thinks that the broker is dead");
    assert!(recording.frames().count(&Matcher::to_client(Method::Heartbeat)) > 0, "{}", recording.frames());
    assert!(recording.frames().count(&Matcher::from_client(Method::Heartbeat)) > 0, "{}", recording.frames());
}
