//! What happens to queues, consumers and confirms.

use amqp_rpc_broker::{
    faults::{Matcher, Method, ReleaseOrder},
    recorder::{ObservedMethod, Recording},
};
use futures_util::StreamExt;
use lapin::{
    options::{BasicAckOptions, BasicGetOptions, BasicQosOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use crate::stage::{Client, Stage, bodies, consume, next, publish, soon};

#[tokio::test]
async fn withheld_confirms_come_when_they_are_released_in_that_order() {
    for (release, tags) in [
        (ReleaseOrder::InOrder, [1, 2, 3, 4]),
        (ReleaseOrder::Reversed, [4, 3, 2, 1]),
        (ReleaseOrder::Shuffled(7), [2, 3, 1, 4]),
    ] {
        let stage = Stage::new().await;
        let client = stage.client("client").await;
        client.declare("q").await;
        client.select_confirms().await;
        let recording = stage.broker.record();
        let withheld = stage.vhost.hold_confirms().await;

        let mut confirms = Vec::new();
        for body in ["1", "2", "3", "4"] {
            confirms.push(publish(&client.channel, "q", body).await);
        }
        soon(withheld.until(4)).await;
        assert_eq!((stage.ready("q").await, withheld.count()), (4, 4));
        withheld.release(release).await;

        for confirm in confirms {
            assert!(soon(confirm).await.unwrap().is_ack());
        }
        assert_eq!(acks(&recording), tags, "{release:?}");
        assert!(soon(publish(&client.channel, "q", "as usual").await).await.unwrap().is_ack());
    }
}

fn acks(recording: &Recording) -> Vec<u64> {
    let frames = recording.frames().only(&Matcher::to_client(Method::BasicAck));
    frames.iter().filter_map(ObservedMethod::delivery_tag).collect()
}

#[tokio::test]
async fn dropping_the_guard_releases_the_confirms() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    client.select_confirms().await;
    let withheld = stage.vhost.hold_confirms().await;

    let confirm = publish(&client.channel, "q", "1").await;
    soon(withheld.until(1)).await;
    drop(withheld);

    assert!(soon(confirm).await.unwrap().is_ack());
}

#[tokio::test]
async fn confirms_of_a_channel_that_closes_are_never_told() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let channel = client.another_channel().await;
    soon(channel.confirm_select(Default::default())).await.unwrap();
    let withheld = stage.vhost.hold_confirms().await;
    let recording = stage.broker.record();

    let _confirm = publish(&channel, "q", "1").await;
    soon(withheld.until(1)).await;
    soon(channel.close(200, "bye".into())).await.unwrap();
    assert_eq!(withheld.count(), 0);
    withheld.release(ReleaseOrder::InOrder).await;
    client.sync().await;

    assert_eq!(acks(&recording), [0; 0]);
}

#[tokio::test]
async fn a_redelivered_request_comes_twice_and_both_may_be_acknowledged() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    soon(client.channel.basic_qos(1, BasicQosOptions::default())).await.unwrap();
    let mut consumer = client.consume("q").await;
    client.publish_all("q", &["1", "2"]).await;
    let first = next(&mut consumer).await;

    assert_eq!(stage.vhost.redeliver("q").await, 1);

    let again = next(&mut consumer).await;
    assert_eq!((&again.data, first.redelivered, again.redelivered), (&first.data, false, true));
    first.ack(BasicAckOptions::default()).await.unwrap();
    client.sync().await;
    assert_eq!(stage.unacked("q").await, 1, "the first ack settles nothing");
    again.ack(BasicAckOptions::default()).await.unwrap();
    assert_eq!(bodies(&mut consumer, 1).await, ["2"]);
    client.sync().await;
    assert_eq!((stage.ready("q").await, stage.unacked("q").await), (0, 0));
}

#[tokio::test]
async fn acknowledging_up_to_a_redelivered_one_settles_those_before() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    for queue in ["kept", "redelivered"] {
        client.declare(queue).await;
        client.publish_all(queue, &[queue]).await;
    }
    let mut kept = client.consume("kept").await;
    next(&mut kept).await;
    let mut redelivered = client.consume("redelivered").await;
    let first = next(&mut redelivered).await;
    stage.vhost.redeliver("redelivered").await;
    next(&mut redelivered).await;

    first.ack(BasicAckOptions { multiple: true }).await.unwrap();
    client.sync().await;

    assert_eq!((stage.unacked("kept").await, stage.unacked("redelivered").await), (0, 1));
}

#[tokio::test]
async fn redelivered_messages_come_in_their_order_to_whoever_consumes() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    client.publish_all("q", &["1", "2", "3"]).await;
    for _ in 0..3 {
        soon(client.channel.basic_get("q".into(), BasicGetOptions::default())).await.unwrap().unwrap();
    }

    assert_eq!(stage.vhost.redeliver("q").await, 3);

    let mut consumer = stage.client("other").await.consume("q").await;
    assert_eq!(bodies(&mut consumer, 3).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn cancelled_consumers_are_told_and_the_queue_stays() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumers = [client.consume("q").await, consume(&client.another_channel().await, "q").await];

    assert_eq!(stage.vhost.cancel_consumers("q").await, 2);

    for consumer in &mut consumers {
        assert!(soon(consumer.next()).await.is_none_or(|next| next.is_err()), "it ends");
    }
    client.publish_all("q", &["kept"]).await;
    assert_eq!(stage.ready("q").await, 1);
    assert_eq!(stage.vhost.queue("q").await.unwrap().consumers, 0);
}

#[tokio::test]
async fn a_deleted_queue_ends_its_consumers() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    assert!(stage.vhost.delete_queue("q").await);

    assert!(soon(consumer.next()).await.is_none_or(|next| next.is_err()));
    assert!(stage.vhost.queue("q").await.is_none());
}

#[tokio::test]
async fn messages_that_expire_now_go_where_dead_letters_go() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    declare_with_dead_letters_to(&client, "q", "dead").await;
    client.declare("dead").await;
    client.publish("q", "1").await;
    client.publish("q", "2").await;
    client.sync().await;

    assert_eq!(stage.vhost.expire_now("q").await, 2);

    let mut dead = client.consume("dead").await;
    let first = next(&mut dead).await;
    let headers = first.properties.headers().clone().unwrap();
    assert_eq!(headers.inner()["x-first-death-reason"], AMQPValue::LongString("expired".into()));
    assert_eq!((first.data, bodies(&mut dead, 1).await), (b"1".to_vec(), vec!["2".to_owned()]));
    assert_eq!(stage.ready("q").await, 0);
}

async fn declare_with_dead_letters_to(client: &Client, queue: &str, dead: &str) {
    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString("".into()));
    arguments.insert("x-dead-letter-routing-key".into(), AMQPValue::LongString(dead.into()));
    let declared = client.channel.queue_declare(queue.into(), QueueDeclareOptions::default(), arguments);
    soon(declared).await.unwrap();
}
