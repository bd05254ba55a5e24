//! Faults of queues, consumers and publisher confirms.

use amqp_rpc_broker::{
    faults::{Matcher, Method, ReleaseOrder},
    recorder::{ObservedMethod, Recording},
};
use futures_util::StreamExt;
use lapin::{
    options::{BasicAckOptions, BasicGetOptions, BasicQosOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use crate::setup::{Client, TestBroker, bodies, consume, in_time, next, publish};

#[tokio::test]
async fn held_confirms_are_sent_in_the_order_of_their_release() {
    for (release, tags) in [
        (ReleaseOrder::InOrder, [1, 2, 3, 4]),
        (ReleaseOrder::Reversed, [4, 3, 2, 1]),
        (ReleaseOrder::Shuffled(7), [2, 3, 1, 4]),
    ] {
        let test = TestBroker::new().await;
        let client = test.client("client").await;
        client.declare("q").await;
        client.select_confirms().await;
        let recording = test.broker.record();
        let held = test.vhost.hold_confirms().await;

        let mut confirms = Vec::new();
        for body in ["1", "2", "3", "4"] {
            confirms.push(publish(&client.channel, "q", body).await);
        }
        in_time(held.until(4)).await;
        assert_eq!((test.ready("q").await, held.count()), (4, 4));
        held.release(release).await;

        for confirm in confirms {
            assert!(in_time(confirm).await.unwrap().is_ack());
        }
        assert_eq!(acks(&recording), tags, "{release:?}");
        assert!(in_time(publish(&client.channel, "q", "as usual").await).await.unwrap().is_ack());
    }
}

fn acks(recording: &Recording) -> Vec<u64> {
    let frames = recording.frames().only(&Matcher::to_client(Method::BasicAck));
    frames.iter().filter_map(ObservedMethod::delivery_tag).collect()
}

#[tokio::test]
async fn dropping_the_guard_releases_the_confirms() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    client.select_confirms().await;
    let held = test.vhost.hold_confirms().await;

    let confirm = publish(&client.channel, "q", "1").await;
    in_time(held.until(1)).await;
    drop(held);

    assert!(in_time(confirm).await.unwrap().is_ack());
}

#[tokio::test]
async fn held_confirms_of_a_channel_that_closes_are_never_sent() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let channel = client.another_channel().await;
    in_time(channel.confirm_select(Default::default())).await.unwrap();
    let held = test.vhost.hold_confirms().await;
    let recording = test.broker.record();

    let _confirm = publish(&channel, "q", "1").await;
    in_time(held.until(1)).await;
    in_time(channel.close(200, "bye".into())).await.unwrap();
    assert_eq!(held.count(), 0);
    held.release(ReleaseOrder::InOrder).await;
    client.sync().await;

    assert_eq!(acks(&recording), [0; 0]);
}

#[tokio::test]
async fn a_redelivered_request_is_delivered_twice_and_both_may_be_acknowledged() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    in_time(client.channel.basic_qos(1, BasicQosOptions::default())).await.unwrap();
    let mut consumer = client.consume("q").await;
    client.publish_all("q", &["1", "2"]).await;
    let first = next(&mut consumer).await;

    assert_eq!(test.vhost.redeliver("q").await, 1);

    let again = next(&mut consumer).await;
    assert_eq!((&again.data, first.redelivered, again.redelivered), (&first.data, false, true));
    first.ack(BasicAckOptions::default()).await.unwrap();
    client.sync().await;
    assert_eq!(test.unacked("q").await, 1, "the first ack settles nothing");
    again.ack(BasicAckOptions::default()).await.unwrap();
    assert_eq!(bodies(&mut consumer, 1).await, ["2"]);
    client.sync().await;
    assert_eq!((test.ready("q").await, test.unacked("q").await), (0, 0));
}

#[tokio::test]
async fn acknowledging_up_to_a_redelivered_message_settles_earlier_ones() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    for queue in ["kept", "redelivered"] {
        client.declare(queue).await;
        client.publish_all(queue, &[queue]).await;
    }
    let mut kept = client.consume("kept").await;
    next(&mut kept).await;
    let mut redelivered = client.consume("redelivered").await;
    let first = next(&mut redelivered).await;
    test.vhost.redeliver("redelivered").await;
    next(&mut redelivered).await;

    first.ack(BasicAckOptions { multiple: true }).await.unwrap();
    client.sync().await;

    assert_eq!((test.unacked("kept").await, test.unacked("redelivered").await), (0, 1));
}

#[tokio::test]
async fn redelivered_messages_go_to_any_consumer_in_order() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    client.publish_all("q", &["1", "2", "3"]).await;
    for _ in 0..3 {
        in_time(client.channel.basic_get("q".into(), BasicGetOptions::default())).await.unwrap().unwrap();
    }

    assert_eq!(test.vhost.redeliver("q").await, 3);

    let mut consumer = test.client("other").await.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn cancelled_consumers_are_notified_and_the_queue_stays() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumers = [client.consume("q").await, consume(&client.another_channel().await, "q").await];

    assert_eq!(test.vhost.cancel_consumers("q").await, 2);

    for consumer in &mut consumers {
        assert!(in_time(consumer.next()).await.is_none_or(|next| next.is_err()), "it ends");
    }
    client.publish_all("q", &["kept"]).await;
    assert_eq!(test.ready("q").await, 1);
    assert_eq!(test.vhost.queue("q").await.unwrap().consumers, 0);
}

#[tokio::test]
async fn a_deleted_queue_ends_its_consumers() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    assert!(test.vhost.delete_queue("q").await);

    assert!(in_time(consumer.next()).await.is_none_or(|next| next.is_err()));
    assert!(test.vhost.queue("q").await.is_none());
}

#[tokio::test]
async fn messages_that_expire_now_are_dead_lettered() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    declare_with_dead_letters_to(&client, "q", "dead").await;
    client.declare("dead").await;
    client.publish("q", "1").await;
    client.publish("q", "2").await;
    client.sync().await;

    assert_eq!(test.vhost.expire_now("q").await, 2);

    let mut dead = client.consume("dead").await;
    let first = next(&mut dead).await;
    let headers = first.properties.headers().clone().unwrap();
    assert_eq!(headers.inner()["x-first-death-reason"], AMQPValue::LongString("expired".into()));
    assert_eq!((first.data, bodies(&mut dead, 1).await), (b"1".to_vec(), vec!["2".to_owned()]));
    assert_eq!(test.ready("q").await, 0);
}

async fn declare_with_dead_letters_to(client: &Client, queue: &str, dead: &str) {
    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString("".into()));
    arguments.insert("x-dead-letter-routing-key".into(), AMQPValue::LongString(dead.into()));
    let declared = client.channel.queue_declare(queue.into(), QueueDeclareOptions::default(), arguments);
    in_time(declared).await.unwrap();
}
