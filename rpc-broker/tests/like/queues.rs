//! Queues, bindings and server properties.

use amqp_rpc_broker::Like;
use lapin::{
    BasicProperties, ExchangeKind,
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicRejectOptions, ExchangeDeclareOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::setup::{
    ALL, channel, code, declare, declare_with, in_time, passive, publish, publish_with, ready, refused,
    start, table, text,
};

#[tokio::test]
async fn clients_are_told_product_and_version() {
    for (like, product, version) in [
        (Like::RabbitMq3_10, "RabbitMQ", "3.10.8"),
        (Like::RabbitMq4_3, "RabbitMQ", "4.3.6"),
        (Like::LavinMq, "LavinMQ", "2.9.1"),
    ] {
        let broker = start(like).await;
        let mut socket = TcpStream::connect(broker.address()).await.unwrap();
        socket.write_all(b"AMQP\x00\x00\x09\x01").await.unwrap();
        let mut header = [0; 7];
        in_time(socket.read_exact(&mut header)).await.unwrap();
        let length = u32::from_be_bytes(header[3..].try_into().unwrap());
        let mut start = vec![0; length as usize];
        in_time(socket.read_exact(&mut start)).await.unwrap();
        for (key, value) in [("product", product), ("version", version)] {
            let length = u8::try_from(value.len()).unwrap();
            let entry = [key.as_bytes(), b"S\0\0\0", &[length], value.as_bytes()].concat();
            assert!(start.windows(entry.len()).any(|window| window == entry), "{like:?} {key}");
        }
    }
}

#[tokio::test]
async fn on_lavinmq_x_match_is_all_or_any() {
    for like in ALL {
        let broker = start(like).await;
        for (how, known) in [("all", true), ("any", true), ("all-with-x", false), ("any-with-x", false)] {
            let channel = channel(&broker).await;
            declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
            let bind = channel.queue_bind(
                "q".into(),
                "amq.headers".into(),
                "".into(),
                Default::default(),
                table(&[("x-match", text(how)), ("x-first-death-reason", text("rejected"))]),
            );
            let bound = in_time(bind).await;
            if known || like != Like::LavinMq {
                bound.unwrap();
            } else {
                let text = "PRECONDITION_FAILED - x-match must be 'any' or 'all'".to_owned();
                assert_eq!(refused(bound), (406, text));
            }
        }
    }
}

#[tokio::test]
async fn keys_that_begin_with_x_are_ignored_by_all_and_any() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        for (queue, how) in [("all", "all"), ("any", "any")] {
            declare(&channel, queue, QueueDeclareOptions::durable()).await.unwrap();
            let arguments = table(&[("x-match", text(how)), ("x-first-death-reason", text("rejected"))]);
            in_time(channel.queue_bind(
                queue.into(),
                "amq.headers".into(),
                "".into(),
                Default::default(),
                arguments,
            ))
            .await
            .unwrap();
        }
        let headers = table(&[("x-first-death-reason", text("expired"))]);
        let properties = BasicProperties::default().with_headers(headers);
        let publish =
            channel.basic_publish("amq.headers".into(), "".into(), Default::default(), b"!", properties);
        in_time(publish).await.unwrap();
        declare(&channel, "all", QueueDeclareOptions::durable()).await.unwrap();
        assert_eq!((ready(&broker, "all").await, ready(&broker, "any").await), (1, 0), "{like:?}");
    }
}

#[tokio::test]
async fn on_lavinmq_every_queue_has_a_delivery_limit() {
    let broker = start(Like::LavinMq).await;
    for kind in ["classic", "quorum"] {
        let channel = channel(&broker).await;
        let limited = [("x-queue-type", text(kind)), ("x-delivery-limit", AMQPValue::LongInt(1))];
        declare_with(&channel, kind, &limited).await.unwrap();
        publish(&channel, kind, b"again").await;
        for is_last in [false, true] {
            let got = in_time(channel.basic_get(kind.into(), BasicGetOptions::default())).await.unwrap();
            let requeue = BasicRejectOptions { requeue: true };
            in_time(got.unwrap().delivery.acker.reject(requeue)).await.unwrap();
            declare(&channel, kind, passive()).await.unwrap();
            assert_eq!(ready(&broker, kind).await, usize::from(!is_last), "{kind}");
        }
    }
    for like in [Like::RabbitMq3_10, Like::RabbitMq4_3] {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        let limited = [("x-delivery-limit", AMQPValue::LongInt(1))];
        assert_eq!(code(declare_with(&channel, "classic", &limited).await), 406);
    }
}

#[tokio::test]
async fn on_lavinmq_the_type_quorum_is_accepted_and_ignored() {
    let broker = start(Like::LavinMq).await;
    let channel = channel(&broker).await;
    let transient = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let quorum = table(&[("x-queue-type", text("quorum"))]);
    in_time(channel.queue_declare("".into(), transient, quorum)).await.unwrap();
}

#[tokio::test]
async fn deleting_and_unbinding_what_is_missing_succeeds() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        in_time(channel.queue_delete("absent".into(), Default::default())).await.unwrap();
        in_time(channel.exchange_delete("absent".into(), Default::default())).await.unwrap();
        declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
        let options = ExchangeDeclareOptions::default();
        in_time(channel.exchange_declare("e".into(), ExchangeKind::Direct, options, FieldTable::default()))
            .await
            .unwrap();
        for (queue, exchange) in [("q", "e"), ("q", "absent"), ("absent", "e")] {
            let unbind =
                channel.queue_unbind(queue.into(), exchange.into(), "key".into(), FieldTable::default());
            in_time(unbind).await.unwrap();
        }
        publish_with(&channel, "q", BasicProperties::default(), b"the channel is open").await;
    }
}

#[tokio::test]
async fn on_lavinmq_a_refusal_to_declare_again_does_not_name_the_difference() {
    for like in ALL {
        let broker = start(like).await;
        declare(&channel(&broker).await, "q", QueueDeclareOptions::durable()).await.unwrap();
        let ttl = [("x-message-ttl", AMQPValue::LongInt(1))];
        let queue = refused(declare_with(&channel(&broker).await, "q", &ttl).await);
        let exchange = channel(&broker).await;
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declared = exchange.exchange_declare(
            "amq.topic".into(),
            ExchangeKind::Direct,
            options,
            FieldTable::default(),
        );
        let exchange = refused(in_time(declared).await);
        for ((code, text), kind, differs) in
            [(queue, "queue 'q'", "'x-message-ttl'"), (exchange, "exchange 'amq.topic'", "'type'")]
        {
            assert_eq!(code, 406, "{text}");
            if like == Like::LavinMq {
                assert_eq!(
                    text,
                    format!("PRECONDITION_FAILED - Existing {kind} declared with other arguments")
                );
            } else {
                assert!(text.contains(differs), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn on_lavinmq_direct_reply_addresses_begin_with_its_own_name() {
    for like in ALL {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let name = "amq.rabbitmq.reply-to";
        let _replies = in_time(channel.basic_consume(name.into(), "".into(), no_ack, FieldTable::default()))
            .await
            .unwrap();
        publish_with(&channel, "q", BasicProperties::default().with_reply_to(name.into()), b"?").await;
        let request =
            in_time(channel.basic_get("q".into(), BasicGetOptions::default())).await.unwrap().unwrap();
        let address = request.delivery.properties.reply_to().clone().unwrap();
        let prefix = if like == Like::LavinMq { "amq.direct.reply-to." } else { "amq.rabbitmq.reply-to." };
        assert!(address.as_str().starts_with(prefix), "{like:?}: {address}");
    }
}
