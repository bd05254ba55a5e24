//! Clients of another language: scripts with pika print the same on RabbitMQ and on the embedded broker.
//!
//! A script of `tests/interop/broker_*.py` prints what it receives; `golden/*.txt` is its output on RabbitMQ
//! 3.10.8. To record it again: `UPDATE_GOLDEN=1 scripts/test.sh --test foreign_clients -- rabbitmq`.
#![allow(
    clippy::disallowed_types,
    reason = "RabbitMQ and the embedded broker are started here, not used over lapin"
)]

mod python;
mod transcript;

use std::env;

use amqp_rpc_broker::Broker;

use crate::{python::output_of, transcript::Golden};

/// Generates, for each script, a test on the embedded broker and one on RabbitMQ.
macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(
                #[tokio::test]
                #[ignore = "needs Python with pika: scripts/test.sh"]
                async fn $name() {
                    super::prints_the_same_on_the_embedded_broker(stringify!($name)).await;
                }
            )+
        }

        mod rabbitmq {
            $(
                #[tokio::test]
                #[ignore = "needs RabbitMQ and Python with pika: scripts/test.sh"]
                async fn $name() {
                    super::prints_the_same_on_rabbitmq(stringify!($name)).await;
                }
            )+
        }

        const SCRIPTS: &[&str] = &[$(stringify!($name)),+];
    };
}

scripts![
    broker_closing,
    broker_confirms,
    broker_consume,
    broker_dead_letters,
    broker_declare,
    broker_direct_reply,
    broker_properties,
    broker_routing,
    broker_select,
];

async fn prints_the_same_on_the_embedded_broker(script: &str) {
    let broker = Broker::start().await.expect("the embedded broker starts");
    let printed = output_of(script, &broker.uri()).await;
    Golden::of(script).compare(&printed);
}

async fn prints_the_same_on_rabbitmq(script: &str) {
    let uri = env::var("AMQP_URL").expect("AMQP_URL names a RabbitMQ: run scripts/test.sh");
    let printed = output_of(script, &uri).await;
    let golden = Golden::of(script);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        golden.record(&printed);
    } else {
        golden.compare(&printed);
    }
}

#[test]
fn every_script_is_run_and_has_its_golden_output() {
    assert_eq!(python::scripts_beginning_with("broker_"), [SCRIPTS, &["broker_transcript"]].concat());
    assert_eq!(transcript::recorded(), SCRIPTS);
}
