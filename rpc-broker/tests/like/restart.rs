//! What a restart of the broker keeps, and what it forgets.

use amqp_rpc_broker::Like;
use lapin::{BasicProperties, options::QueueDeclareOptions};

use crate::setup::{ALL, channel, declare, get, publish_with, start};

#[tokio::test]
async fn on_lavinmq_a_restart_keeps_transient_messages_and_forgets_deliveries() {
    for like in ALL {
        for crash in [false, true] {
            let broker = start(like).await;
            let before = channel(&broker).await;
            declare(&before, "q", QueueDeclareOptions::durable()).await.unwrap();
            for (mode, body) in [(1, "transient"), (2, "persistent")] {
                let properties = BasicProperties::default().with_delivery_mode(mode);
                publish_with(&before, "q", properties, body.as_bytes()).await;
            }
            for body in ["transient", "persistent"] {
                assert_eq!(get(&before, "q").await, Some((body.into(), false)));
            }
            if crash {
                broker.crash().await;
            } else {
                broker.stop().await;
            }
            broker.start_again().await.unwrap();

            let after = channel(&broker).await;
            let is_lavinmq = like == Like::LavinMq;
            if is_lavinmq {
                assert_eq!(get(&after, "q").await, Some(("transient".into(), false)));
            }
            assert_eq!(get(&after, "q").await, Some(("persistent".into(), !is_lavinmq)), "{like:?}");
            assert_eq!(get(&after, "q").await, None);
        }
    }
}
