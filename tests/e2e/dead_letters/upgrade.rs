//! Queues that version 0.1.0 declared: a server of today starts with them, and loses nothing.

use amqp_rpc::{Server, error::StartError, server::QueueOptions};
use lapin::{
    BasicProperties, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions},
    types::{AMQPValue, FieldTable},
};

use super::{DURABLE, Failing, JOB, JobsServer, arguments, publish_later, text, until_dead};
use crate::{
    services::{start, until_epoch},
    support::{self, Log, Proxy, RawPeer, Vhost},
};

/// Declares what 0.1.0 declared for the service `jobs`.
async fn declare_as_before(vhost: &Vhost, peer: &RawPeer, more: FieldTable, overflows: bool) {
    let channel = peer.open_channel().await;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    for (name, kind) in [("amqp-rpc", ExchangeKind::Direct), ("amqp-rpc.dead", ExchangeKind::Headers)] {
        channel
            .exchange_declare(name.into(), kind, durable, Default::default())
            .await
            .expect("it is accepted");
    }
    let mut of_requests =
        arguments([("x-queue-type", text("classic")), ("x-dead-letter-exchange", text("amqp-rpc.dead"))]);
    for (name, value) in more.inner() {
        of_requests.insert(name.clone(), value.clone());
    }
    peer.declare_queue("jobs", DURABLE, of_requests).await;
    let side_queues = [
        ("jobs.dead", 7 * 24 * 60 * 60 * 1000, &["rejected", "delivery_limit"][..]),
        ("jobs.overflow", 60 * 1000, &["maxlen"][..]),
    ];
    for (queue, ttl, reasons) in side_queues.into_iter().take(if overflows { 2 } else { 1 }) {
        let bounds = arguments([
            ("x-queue-type", text("classic")),
            ("x-max-length", AMQPValue::LongInt(10_000)),
            ("x-message-ttl", AMQPValue::LongInt(ttl)),
        ]);
        peer.declare_queue(queue, DURABLE, bounds).await;
        // LavinMQ refused the bindings, after the rest was declared.
        for reason in reasons.iter().filter(|_| !vhost.is_lavinmq()) {
            let matched = arguments([
                ("x-match", text("all-with-x")),
                ("x-first-death-queue", text("jobs")),
                ("x-first-death-reason", text(reason)),
            ]);
            let options = QueueBindOptions::default();
            channel
                .queue_bind(queue.into(), "amqp-rpc.dead".into(), "".into(), options, matched)
                .await
                .expect("it is accepted");
        }
    }
    let (options, key) = (QueueBindOptions::default(), "jobs.fails".into());
    channel
        .queue_bind("jobs".into(), "amqp-rpc".into(), key, options, Default::default())
        .await
        .expect("it is accepted");
}

#[tokio::test]
async fn a_server_uses_the_queues_of_version_0_1_0_and_loses_no_message_that_was_dead_before() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_as_before(&vhost, &peer, arguments([]), false).await;
    let _server = start(Server::new().service(JobsServer::new(Failing)), &vhost).await;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 1).await;
    publish_later(&peer, "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 2).await;
}

#[tokio::test]
async fn a_bounded_queue_of_version_0_1_0_is_used_as_it_is() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let bounded =
        arguments([("x-max-length", AMQPValue::LongInt(5)), ("x-overflow", text("reject-publish-dlx"))]);
    declare_as_before(&vhost, &peer, bounded, true).await;
    let log = Log::listen();
    let server = |max_length| {
        let options = QueueOptions::new().max_length(max_length);
        Server::new().service_with(JobsServer::new(Failing), options)
    };
    if vhost.is_lavinmq() {
        // There such a queue drops the oldest requests, and nobody is told.
        let error = server(5).start(vhost.uri()).await.expect_err("it is refused");
        assert!(matches!(&error, StartError::QueueMismatch { queue, .. } if queue == "jobs"), "{error:?}");
        return;
    }
    let proxy = Proxy::start(&vhost.uri()).await;
    let running = server(5).start(proxy.uri()).await.expect("it starts");
    let told = |line: &support::log::Line| format!("{line:?}").contains("has the arguments of version 0.1");
    assert_eq!(log.lines().iter().filter(|line| told(line)).count(), 1, "{:?}", log.lines());
    publish_later(&peer, "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 1).await;

    proxy.cut();
    until_epoch(&running, 2).await;
    publish_later(&peer, "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 2).await;
    assert_eq!(log.lines().iter().filter(|line| told(line)).count(), 1, "once");
    running.shutdown().await.unwrap();

    let error = server(6).start(vhost.uri()).await.expect_err("it has another length");
    assert!(matches!(&error, StartError::QueueMismatch { queue, .. } if queue == "jobs"), "{error:?}");
}
