//! What a recording shows, and for how long.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amqp_rpc_broker::faults::{Action, Direction, Matcher, Method};
use lapin::options::BasicAckOptions;

use crate::stage::{Stage, next, soon};

#[tokio::test]
async fn a_recording_reads_as_the_story_of_a_request() {
    let stage = Stage::new().await;
    let recording = stage.broker.record();
    let client = stage.client("billing").await;
    client.declare("fib").await;
    let _rule = stage.broker.on(Matcher::from_client(Method::BasicPublish).nth(1), Action::Duplicate);
    client.publish("fib", "10").await;
    let mut consumer = client.consume("fib").await;
    next(&mut consumer).await.ack(BasicAckOptions::default()).await.unwrap();

    let acked = soon(recording.until(&Matcher::from_client(Method::BasicAck))).await;

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
async fn frames_are_picked_and_counted_by_events() {
    let stage = Stage::new().await;
    let (one, other) = (stage.client("one").await, stage.client("other").await);
    let recording = stage.broker.record();
    one.declare("q").await;
    other.publish_all("q", &["1", "2"]).await;

    let frames = recording.frames();

    assert_eq!(frames.count(&Matcher::any().connection("one")), 2);
    let said = frames.only(&Matcher::any_in(Direction::FromClient).connection("other"));
    assert_eq!(said.methods(), [Method::BasicPublish, Method::BasicPublish, Method::QueueDeclare]);
    assert_eq!(said[1].body(), b"2");
    said.assert_none(&Matcher::from_client(Method::BasicAck));
}

#[tokio::test]
async fn an_assertion_that_fails_prints_the_recording() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    let recording = stage.broker.record();
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
async fn a_recording_keeps_the_newest_and_says_how_many_it_let_go() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    let (all, newest) = (stage.broker.record(), stage.broker.record_last(2));
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
    let stage = Stage { broker, vhost };
    let recording = stage.broker.record();
    let _lost = stage.broker.on(Matcher::to_client(Method::Heartbeat), Action::Drop);
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    let ended = soon(consumer.next()).await;

    assert!(ended.is_none_or(|next| next.is_err()), "the client thinks that the broker is dead");
    assert!(recording.frames().count(&Matcher::to_client(Method::Heartbeat)) > 0, "{}", recording.frames());
    assert!(recording.frames().count(&Matcher::from_client(Method::Heartbeat)) > 0, "{}", recording.frames());
}
