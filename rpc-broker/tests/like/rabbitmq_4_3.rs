//! The rules of RabbitMQ 4.3.

use amqp_rpc_broker::{Broker, Like};
use futures_util::StreamExt;
use lapin::{
    BasicProperties,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions,
        BasicQosOptions, ExchangeDeclareOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};

use crate::setup::{allow, code, connect, declare, in_time, passive, publish, refused, start};

#[tokio::test]
async fn transient_queues_that_are_not_exclusive_are_accepted() {
    let broker = start(Like::RabbitMq4_3).await;
    let channel = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
    for auto_delete in [false, true] {
        let transient = QueueDeclareOptions { auto_delete, ..QueueDeclareOptions::default() };
        declare(&channel, "", transient).await.unwrap();
    }
}

#[tokio::test]
async fn passive_declarations_need_one_permission_on_the_name() {
    for (like, needs_permission) in
        [(Like::RabbitMq3_10, false), (Like::RabbitMq4_3, true), (Like::LavinMq, false)]
    {
        let broker = start(like).await;
        let admin = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
        declare(&admin, "q", QueueDeclareOptions::durable()).await.unwrap();
        let nothing = allow(&broker, "nobody", ["^$", "^$", "^$"]).await;
        for (queue, found) in [("q", true), ("absent", false)] {
            let channel = nothing.create_channel().await.unwrap();
            let outcome = declare(&channel, queue, passive()).await;
            match (needs_permission, found) {
                (true, _) => {
                    let refusal = refused(outcome);
                    let expected = format!(
                        "ACCESS_REFUSED - configure access to queue '{queue}' in vhost '/' refused for user 'nobody'"
                    );
                    assert_eq!(refusal, (403, expected));
                }
                (false, true) => drop(outcome.unwrap()),
                (false, false) => assert_eq!(code(outcome), 404),
            }
        }
        let channel = nothing.create_channel().await.unwrap();
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let exchange = in_time(channel.exchange_declare(
            "amq.topic".into(),
            lapin::ExchangeKind::Topic,
            passive,
            FieldTable::default(),
        ))
        .await;
        if needs_permission { assert_eq!(code(exchange), 403) } else { exchange.unwrap() }
    }
}

#[tokio::test]
async fn any_of_the_three_permissions_is_enough_for_a_passive_declaration() {
    let broker = start(Like::RabbitMq4_3).await;
    let admin = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
    declare(&admin, "q", QueueDeclareOptions::durable()).await.unwrap();
    for permissions in [["^q$", "^$", "^$"], ["^$", "^q$", "^$"], ["^$", "^$", "^q$"]] {
        let channel = allow(&broker, "ada", permissions).await.create_channel().await.unwrap();
        declare(&channel, "q", passive()).await.unwrap();
        assert_eq!(code(declare(&channel, "other", passive()).await), 403);
    }
}

#[tokio::test]
async fn qos_for_whole_channels_is_refused() {
    for (broker, refused) in
        [(start(Like::RabbitMq4_3).await, true), (start(Like::RabbitMq3_10).await, false)]
    {
        let connection = connect(&broker.uri()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        in_time(channel.basic_qos(5, BasicQosOptions::default())).await.unwrap();
        let global = in_time(channel.basic_qos(5, BasicQosOptions { global: true })).await;
        if refused {
            assert_eq!(code(global), 541);
        } else {
            global.unwrap();
        }
    }
}

/// How many times a message of a quorum queue with a limit of 1 can be requeued with nack before it is
/// dropped. More than 3 counts as unlimited.
async fn nacks_until_dropped(broker: &Broker) -> usize {
    let connection = connect(&broker.uri()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(1));
    in_time(channel.queue_declare("q".into(), QueueDeclareOptions::durable(), arguments)).await.unwrap();
    publish(&channel, "q", b"again and again").await;
    for nacks in 0..=3 {
        let got = in_time(channel.basic_get("q".into(), BasicGetOptions::default())).await.unwrap();
        let Some(message) = got else { return nacks };
        in_time(message.delivery.acker.nack(BasicNackOptions { requeue: true, ..Default::default() }))
            .await
            .unwrap();
    }
    usize::MAX
}

#[tokio::test]
async fn a_nack_does_not_count_towards_the_delivery_limit() {
    assert_eq!(nacks_until_dropped(&start(Like::RabbitMq3_10).await).await, 2);
    assert_eq!(nacks_until_dropped(&start(Like::RabbitMq4_3).await).await, usize::MAX);
}

/// Returns whether a mandatory reply to a direct reply address is returned although it was delivered.
async fn delivered_reply_is_returned(broker: &Broker) -> bool {
    let requester = connect(&broker.uri()).await.unwrap();
    let asking = requester.create_channel().await.unwrap();
    let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut replies = in_time(asking.basic_consume(
        "amq.rabbitmq.reply-to".into(),
        "".into(),
        no_ack,
        FieldTable::default(),
    ))
    .await
    .unwrap();
    let responder = connect(&broker.uri()).await.unwrap();
    let answering = responder.create_channel().await.unwrap();
    declare(&answering, "requests", QueueDeclareOptions::durable()).await.unwrap();
    let consume = BasicConsumeOptions::default();
    let mut requests =
        in_time(answering.basic_consume("requests".into(), "".into(), consume, FieldTable::default()))
            .await
            .unwrap();

    let properties = BasicProperties::default().with_reply_to("amq.rabbitmq.reply-to".into());
    let options = BasicPublishOptions::default();
    in_time(asking.basic_publish("".into(), "requests".into(), options, b"?", properties)).await.unwrap();
    let request = in_time(requests.next()).await.unwrap().unwrap();
    let address = request.properties.reply_to().clone().expect("the broker puts the address in");
    assert!(address.as_str().starts_with("amq.rabbitmq.reply-to."), "{address}");
    in_time(answering.confirm_select(Default::default())).await.unwrap();
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let confirm =
        in_time(answering.basic_publish("".into(), address, mandatory, b"!", BasicProperties::default()))
            .await
            .unwrap();
    let is_returned = in_time(confirm).await.unwrap().take_message().is_some();
    assert_eq!(in_time(replies.next()).await.unwrap().unwrap().data, b"!");
    in_time(request.acker.ack(BasicAckOptions::default())).await.unwrap();
    is_returned
}

#[tokio::test]
async fn a_delivered_direct_reply_counts_as_routed() {
    assert!(
        delivered_reply_is_returned(&start(Like::RabbitMq3_10).await).await,
        "as with RabbitMQ before 4.2"
    );
    assert!(!delivered_reply_is_returned(&start(Like::RabbitMq4_3).await).await);
}
