//! A broker that is low on disk: who is told, and how.

use std::time::Duration;

use amqp_rpc_broker::Like;
use lapin::{
    BasicProperties, Channel, Confirmation, Error,
    options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::time::timeout;

use crate::setup::{ALL, channel, declare, in_time, refused, start};

async fn confirmed(channel: &Channel) -> Result<Confirmation, Error> {
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    in_time(channel.basic_publish("".into(), "q".into(), options, b"body", properties).await?).await
}

#[tokio::test]
async fn on_lavinmq_publishing_and_new_queues_are_refused_while_it_is_low_on_disk() {
    let broker = start(Like::LavinMq).await;
    let waiting = channel(&broker).await;
    declare(&waiting, "q", QueueDeclareOptions::durable()).await.unwrap();
    broker.block("low on disk");

    let publishing = channel(&broker).await;
    in_time(publishing.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
    let low = "PRECONDITION_FAILED - Server low on disk space";
    assert_eq!(refused(confirmed(&publishing).await), (406, low.to_owned()));
    let other = channel(&broker).await;
    let new = declare(&other, "new", QueueDeclareOptions::durable()).await;
    assert_eq!(refused(new), (406, format!("{low}, can not create queue")));

    let existing = declare(&waiting, "q", QueueDeclareOptions::durable()).await.unwrap();
    assert_eq!(existing.message_count(), 0, "an existing queue is declared, and nothing was published");
    let options = BasicConsumeOptions::default();
    in_time(waiting.basic_consume("q".into(), "".into(), options, FieldTable::default())).await.unwrap();

    broker.unblock();
    let publishing = channel(&broker).await;
    in_time(publishing.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
    assert!(matches!(confirmed(&publishing).await.unwrap(), Confirmation::Ack(None)));
}

#[tokio::test]
async fn others_do_not_read_publishers_while_they_are_low_on_disk() {
    for like in ALL.into_iter().filter(|like| *like != Like::LavinMq) {
        let broker = start(like).await;
        let channel = channel(&broker).await;
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
        broker.block("low on disk");
        let mut publishing = Box::pin(confirmed(&channel));
        // Nothing must happen, which can only be waited for.
        assert!(timeout(Duration::from_millis(100), &mut publishing).await.is_err(), "{like:?}");
        broker.unblock();
        assert!(matches!(publishing.await.unwrap(), Confirmation::Ack(None)), "{like:?}");
    }
}
