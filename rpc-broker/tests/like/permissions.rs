//! Permissions: the default exchange, direct replies, dead-letter exchanges, and new passwords.

use amqp_rpc_broker::Like;
use lapin::{
    BasicProperties, ExchangeKind,
    options::{BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueDeclareOptions},
    types::FieldTable,
};

use crate::setup::{
    ALL, allow, code, connect, declare, declare_with, in_time, passive, refused, start, text,
};

#[tokio::test]
async fn on_lavinmq_the_default_exchange_has_the_empty_name() {
    for like in ALL {
        let is_lavinmq = like == Like::LavinMq;
        for (write, allowed) in [
            (r"^amq\.default$", !is_lavinmq),
            (r"^(amq\.default)?$", true),
            (r"^(other)?$", is_lavinmq),
            ("^$", false),
        ] {
            let broker = start(like).await;
            let channel = allow(&broker, "ada", [".*", write, ".*"]).await.create_channel().await.unwrap();
            in_time(channel.confirm_select(Default::default())).await.unwrap();
            let options = BasicPublishOptions::default();
            let publish =
                channel.basic_publish("".into(), "q".into(), options, b"!", BasicProperties::default());
            let published = match in_time(publish).await {
                Ok(confirm) => in_time(confirm).await.map(drop),
                Err(error) => Err(error),
            };
            if allowed {
                published.unwrap();
            } else {
                assert_eq!(code(published), 403, "{like:?} {write}");
            }
        }
    }
}

#[tokio::test]
async fn on_lavinmq_direct_replies_need_read_on_the_pseudo_queue() {
    for like in ALL {
        let broker = start(like).await;
        for (read, allowed) in [("^$", like != Like::LavinMq), (r"^amq\.rabbitmq\.reply-to$", true)] {
            let channel = allow(&broker, "ada", ["^$", ".*", read]).await.create_channel().await.unwrap();
            let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
            let replies = channel.basic_consume(
                "amq.rabbitmq.reply-to".into(),
                "".into(),
                no_ack,
                FieldTable::default(),
            );
            let replies = in_time(replies).await.map(drop);
            if allowed {
                replies.unwrap();
            } else {
                assert_eq!(code(replies), 403, "{like:?}");
            }
        }
    }
}

#[tokio::test]
async fn on_lavinmq_a_dead_letter_exchange_needs_read_on_the_connection() {
    for like in ALL {
        let broker = start(like).await;
        for (read, allowed) in [("^q$", like != Like::LavinMq), (".*", true)] {
            let channel = allow(&broker, "ada", ["^q", ".*", read]).await.create_channel().await.unwrap();
            let declared =
                declare_with(&channel, "q", &[("x-dead-letter-exchange", text("amq.fanout"))]).await;
            let allowed = if allowed { None } else { Some(403) };
            assert_eq!(declared.err().map(|error| code::<()>(Err(error))), allowed, "{like:?} {read}");
            let _ = in_time(channel.queue_delete("q".into(), Default::default())).await;
        }
    }
}

#[tokio::test]
async fn on_lavinmq_a_user_with_a_password_may_not_update_it() {
    for like in ALL {
        let broker = start(like).await;
        let connection = connect(&broker.uri()).await.unwrap();
        let updated = in_time(connection.update_secret("new".into(), "it changed".into())).await;
        if like == Like::LavinMq {
            let text = "ACCESS_REFUSED - update-secret not supported for current authentication mechanism";
            assert_eq!(refused(updated), (403, text.to_owned()));
            assert!(!connection.status().connected());
        } else {
            updated.unwrap();
            let channel = connection.create_channel().await.unwrap();
            assert_eq!(code(declare(&channel, "absent", passive()).await), 404);
        }
    }
}

#[tokio::test]
async fn on_lavinmq_declaring_what_exists_needs_no_permission() {
    for like in ALL {
        let broker = start(like).await;
        let admin = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
        declare(&admin, "q", QueueDeclareOptions::durable()).await.unwrap();
        let nobody = allow(&broker, "nobody", ["^$", "^$", "^$"]).await;
        let channel = async || nobody.create_channel().await.unwrap();
        let queue = declare(&channel().await, "q", QueueDeclareOptions::durable()).await.map(drop);
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let exchange = in_time(channel().await.exchange_declare(
            "amq.topic".into(),
            ExchangeKind::Topic,
            durable,
            FieldTable::default(),
        ))
        .await;
        for again in [queue, exchange] {
            let refused = again.err().map(|error| code::<()>(Err(error)));
            assert_eq!(refused, (like != Like::LavinMq).then_some(403), "{like:?}");
        }
        let new = declare(&channel().await, "new", QueueDeclareOptions::durable()).await;
        assert_eq!(code(new), 403, "{like:?}");
    }
}
