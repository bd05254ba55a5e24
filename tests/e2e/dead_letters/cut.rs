//! Messages that the server cannot keep as they were: their headers cannot be parsed, or they are too large.

use amqp_rpc::{RunningServer, Server};
use lapin::{BasicProperties, types::AMQPValue};

use super::{DURABLE, Failing, JOB, JobsServer, arguments, publish_later, text, until_dead};
use crate::{
    services::start,
    support::{BytePeer, RawPeer, RawProperties, Vhost, await_until},
};

const LIMIT: usize = 1000;
const NOT_UTF8: &[u8] = b"\xff\xfe";

async fn serve(vhost: &Vhost) -> RunningServer {
    start(Server::new().service(JobsServer::new(Failing)).max_request_bytes(LIMIT), vhost).await
}

/// A queue in which a message waits a moment, to come to `jobs.fails` then.
async fn declare_delay(peer: &RawPeer) {
    let to_jobs = arguments([
        ("x-message-ttl", AMQPValue::LongInt(20)),
        ("x-dead-letter-exchange", text("amqp-rpc")),
        ("x-dead-letter-routing-key", text("jobs.fails")),
    ]);
    peer.declare_queue("delay", DURABLE, to_jobs).await;
}

#[tokio::test]
async fn a_message_that_was_dead_before_and_is_cut_is_kept_as_what_is_left_of_it() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_delay(&peer).await;
    let mut hostile = BytePeer::connect(&vhost.uri()).await;
    let large = vec![b' '; LIMIT + 1];
    for (kind, properties, body, reason, kept) in [
        ("33 levels", RawProperties::nested(33), JOB, "bad_request", JOB),
        ("a header's name", RawProperties::header(NOT_UTF8), JOB, "bad_request", JOB),
        ("too large", RawProperties::default(), &large[..], "request_too_large", &b""[..]),
    ] {
        hostile.publish("", b"delay", &properties, body).await;
        await_until(kind, || async { vhost.existing_queue("jobs.dead").await.ready == 1 }).await;
        let dead = peer.get("jobs.dead").await.expect(kind);
        assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some(reason), "{kind}");
        assert_eq!(dead.text().as_bytes(), kept, "{kind}");
    }
    until_dead(&vhost, "jobs", 0).await;
}

#[tokio::test]
async fn a_letter_of_a_message_that_was_dead_before_and_that_amqp_cannot_carry_is_kept_without_its_headers() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    // With what the server adds they do not fit into a frame any more.
    let full = BasicProperties::default().with_headers(arguments([("fill", text(&"x".repeat(130_500)))]));
    publish_later(&peer, "jobs.fails", full, JOB).await;
    await_until("it is kept", || async { vhost.existing_queue("jobs.dead").await.ready == 1 }).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    assert_eq!((dead.text().as_bytes(), dead.text_header("fill")), (JOB, None));
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("internal"));
}
