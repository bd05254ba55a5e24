//! Permissions: the default exchange, direct replies, dead-letter exchanges, and new passwords.

use amqp_rpc_broker::Like;
use lapin::{
    BasicProperties,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};

use crate::setup::{ALL, allow, code, connect, declare_with, in_time, passive, refused, start, text};

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
            let options = BasicPublishOptions::default();
            let publish =
                channel.basic_publish("".into(), "q".into(), options, b"!", BasicProperties::default());
            // Not confirmed: what comes after it shows whether it closed the channel.
            drop(in_time(publish).await.unwrap());
            let after = in_time(channel.queue_declare(
                "q".into(),
                QueueDeclareOptions::durable(),
                FieldTable::default(),
            ))
            .await;
            if allowed {
                after.unwrap();
            } else {
                assert_eq!(code(after), 403, "{like:?} {write}");
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
            assert_eq!(code(crate::setup::declare(&channel, "absent", passive()).await), 404);
        }
    }
}
