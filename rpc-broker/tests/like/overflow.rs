//! Full queues: who is told, and which message goes.

use amqp_rpc_broker::Like;
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::AMQPValue,
};

use crate::setup::{ALL, channel, consume, declare_with, expiring, in_time, publish_with, start, text};

#[tokio::test]
async fn on_lavinmq_a_full_queue_returns_mandatory_messages_and_nacks_them() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
        let full = [("x-max-length", AMQPValue::LongInt(1)), ("x-overflow", text("reject-publish"))];
        declare_with(&channel, "q", &full).await.unwrap();
        let first = publish_with(&channel, "q", BasicProperties::default(), b"fits").await;
        assert!(matches!(first, Confirmation::Ack(None)), "{like:?}: {first:?}");
        let second = publish_with(&channel, "q", BasicProperties::default(), b"does not fit").await;
        match second {
            Confirmation::Nack(Some(returned)) if like == Like::LavinMq => {
                assert_eq!(
                    (returned.reply_code, returned.delivery.data.as_slice()),
                    (312, &b"does not fit"[..])
                );
            }
            Confirmation::Nack(None) if like != Like::LavinMq => {}
            other => panic!("{like:?}: {other:?}"),
        }
        let optional = BasicPublishOptions::default();
        let third = channel.basic_publish("".into(), "q".into(), optional, b"3", BasicProperties::default());
        let third = in_time(in_time(third).await.unwrap()).await.unwrap();
        assert!(matches!(third, Confirmation::Nack(None)), "not mandatory: {third:?}");
    }
}

#[tokio::test]
async fn on_lavinmq_reject_publish_dlx_drops_the_oldest() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
        let full = [
            ("x-max-length", AMQPValue::LongInt(1)),
            ("x-overflow", text("reject-publish-dlx")),
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text("dead")),
        ];
        declare_with(&channel, "q", &full).await.unwrap();
        declare_with(&channel, "dead", &[]).await.unwrap();
        publish_with(&channel, "q", BasicProperties::default(), b"old").await;
        let second = publish_with(&channel, "q", BasicProperties::default(), b"new").await;
        let vhost = broker.vhost("/").unwrap();
        let (kept, dead) = (vhost.peek("q").await, vhost.peek("dead").await);
        if like == Like::LavinMq {
            assert!(matches!(second, Confirmation::Ack(None)), "{second:?}");
            assert_eq!((kept, dead), (vec![b"new".to_vec()], vec![b"old".to_vec()]));
        } else {
            assert!(matches!(second, Confirmation::Nack(None)), "{like:?}: {second:?}");
            assert_eq!((kept, dead), (vec![b"old".to_vec()], vec![b"new".to_vec()]));
        }
    }
}

#[tokio::test]
async fn on_lavinmq_expired_messages_count_towards_the_length_while_there_are_consumers() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
        let full = [("x-max-length", AMQPValue::LongInt(1)), ("x-overflow", text("reject-publish"))];
        declare_with(&channel, "q", &full).await.unwrap();
        let mut consumer = consume(&channel, "q", 1).await;
        publish_with(&channel, "q", BasicProperties::default(), b"running").await;
        in_time(consumer.next()).await.unwrap().unwrap();
        publish_with(&channel, "q", expiring("0"), b"expired").await;
        let next = publish_with(&channel, "q", BasicProperties::default(), b"next").await;
        let is_refused = matches!(next, Confirmation::Nack(_));
        assert_eq!(is_refused, like == Like::LavinMq, "{like:?}: {next:?}");
    }
}
