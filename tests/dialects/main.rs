//! The real peers of the dialects: programs of other frameworks (`peers`), on RabbitMQ and on the embedded
//! broker.
#![allow(clippy::disallowed_types, reason = "the shared support has peers that speak AMQP by hand")]

/// Tests with a peer.
macro_rules! peer_tests {
    ($($test:ident: $run:expr;)+) => {$(
        #[tokio::test]
        #[ignore = "needs the peers of other frameworks: scripts/test.sh"]
        async fn $test() {
            $run.await;
        }
    )+};
}

mod aio_pika;
mod alone;
mod celery;
mod cyberfusion;
mod faststream;
mod golevelup;
mod kanin;
mod nameko;
mod nestjs;
mod peer;
mod ruststream;
mod table;
mod tutorial;

#[path = "../e2e/support/mod.rs"]
mod support;
