//! Expiration on LavinMQ: its clock, its limit, and messages that wait for a consumer.

use amqp_rpc_broker::Like;
use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, QueueDeclareOptions};

use crate::setup::{
    ALL, channel, consume, declare, declare_with, expiring, get, in_time, publish, publish_with, ready,
    refused, start, text,
};

#[tokio::test]
async fn on_lavinmq_a_message_with_less_than_100_ms_never_arrives() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
        let mut consumer = consume(&channel, "q", 10).await;
        for milliseconds in ["5", "50", "99"] {
            publish_with(&channel, "q", expiring(milliseconds), milliseconds.as_bytes()).await;
        }
        publish(&channel, "q", b"last").await;
        let expected: &[&str] = if like == Like::LavinMq { &["last"] } else { &["5", "50", "99", "last"] };
        for body in expected {
            let delivery = in_time(consumer.next()).await.unwrap().unwrap();
            assert_eq!(delivery.data, body.as_bytes(), "{like:?}");
            in_time(delivery.acker.ack(BasicAckOptions::default())).await.unwrap();
        }
    }
}

#[tokio::test]
async fn on_lavinmq_messages_expire_when_they_are_next_for_a_consumer() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        declare_with(
            &channel,
            "q",
            &[("x-dead-letter-exchange", text("")), ("x-dead-letter-routing-key", text("dead"))],
        )
        .await
        .unwrap();
        declare(&channel, "dead", QueueDeclareOptions::durable()).await.unwrap();
        let mut consumer = consume(&channel, "q", 1).await;
        publish(&channel, "q", b"first").await;
        let first = in_time(consumer.next()).await.unwrap().unwrap();
        // Expired on arrival, but behind a consumer that has no capacity.
        publish_with(&channel, "q", expiring("0"), b"late").await;
        publish(&channel, "q", b"third").await;
        // A response on the same channel: both have arrived.
        let waiting = usize::from(like == Like::LavinMq);
        declare(&channel, "dead", QueueDeclareOptions::durable()).await.unwrap();
        assert_eq!((ready(&broker, "q").await, ready(&broker, "dead").await), (1 + waiting, 1 - waiting));

        in_time(first.acker.ack(BasicAckOptions::default())).await.unwrap();
        let third = in_time(consumer.next()).await.unwrap().unwrap();
        assert_eq!(third.data, b"third", "{like:?}");
        assert_eq!((ready(&broker, "q").await, ready(&broker, "dead").await), (0, 1), "{like:?}");
    }
}

#[tokio::test]
async fn on_lavinmq_messages_expire_when_the_last_consumer_is_gone() {
    let broker = start(Like::LavinMq).await;
    let channel = channel(&broker).await;
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    let mut consumer = consume(&channel, "q", 1).await;
    publish(&channel, "q", b"first").await;
    let first = in_time(consumer.next()).await.unwrap().unwrap();
    publish_with(&channel, "q", expiring("0"), b"late").await;
    in_time(channel.basic_cancel(consumer.tag(), Default::default())).await.unwrap();
    assert_eq!(ready(&broker, "q").await, 0);
    in_time(first.acker.ack(BasicAckOptions::default())).await.unwrap();
    assert_eq!(get(&channel, "q").await, None);
}

#[tokio::test]
async fn on_lavinmq_an_expiration_above_31_bits_is_refused() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
        publish_with(&channel, "q", expiring("2147483647"), b"24.8 days").await;
        publish_with(&channel, "q", expiring("2147483648"), b"longer").await;
        let declared = declare(&channel, "q", QueueDeclareOptions::durable()).await;
        if like == Like::LavinMq {
            let expected = "PRECONDITION_FAILED - Expiration not a number".to_owned();
            assert_eq!(refused(declared), (406, expected));
        } else {
            assert_eq!(declared.unwrap().message_count(), 2);
        }
    }
}
