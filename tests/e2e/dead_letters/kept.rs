//! What is kept, however the message came, and what is not.

use std::time::Duration;

use amqp_rpc::{
    Server,
    server::{Declare, QueueOptions},
};
use lapin::{
    BasicProperties,
    types::{AMQPValue, ShortString},
};

use super::{DURABLE, Failing, JOB, JobsClient, JobsServer, arguments, publish_later, text, until_dead};
use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate, start},
    support::{Log, Permissions, RawPeer, Vhost, await_until, until_expired, within},
};

#[tokio::test]
async fn a_message_that_was_dead_before_is_a_dead_letter_when_it_fails() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(JobsServer::new(Failing)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 1).await;
    publish_later(&peer, "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 2).await;
}

#[tokio::test]
async fn a_dead_letter_tells_why_when_where_and_by_whom_and_reaches_its_method_again() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(JobsServer::new(Failing)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let sent = BasicProperties::default()
        .with_message_id("job 17".into())
        .with_app_id("shop".into())
        .with_expiration("60000".into())
        .with_headers(arguments([("tenant", text("a")), ("CC", AMQPValue::FieldArray(Default::default()))]));
    peer.publish("amqp-rpc", "jobs.fails", sent, JOB).await;
    until_dead(&vhost, "jobs", 1).await;

    let dead = peer.get("jobs.dead").await.expect("it is kept");
    for (header, value) in [
        ("x-amqp-rpc-reason", "internal"),
        ("x-amqp-rpc-error", "the method failed: on purpose"),
        ("x-amqp-rpc-exchange", "amqp-rpc"),
        ("x-amqp-rpc-routing-key", "jobs.fails"),
        ("tenant", "a"),
    ] {
        assert_eq!(dead.text_header(header).as_deref(), Some(value), "{header}");
    }
    assert!(dead.text_header("x-amqp-rpc-server").is_some_and(|name| name.contains("(pid ")));
    let headers = dead.properties.headers().as_ref().expect("there are headers").inner();
    assert!(matches!(headers.get("x-amqp-rpc-time"), Some(AMQPValue::Timestamp(_))), "{headers:?}");
    assert!(!headers.contains_key("CC"), "copies would go there");
    let properties = &dead.properties;
    assert_eq!((*properties.delivery_mode(), properties.expiration()), (Some(2), &None));
    assert_eq!(properties.message_id().as_ref().map(ShortString::as_str), Some("job 17"));
    assert_eq!((dead.text().as_bytes(), dead.kind()), (JOB, Some("jobs.fails")));

    // As an operator would, who finds the cause still there.
    peer.publish("", "jobs", dead.properties.clone(), dead.text().as_bytes()).await;
    until_dead(&vhost, "jobs", 1).await;
    let again = peer.get("jobs.dead").await.expect("it is kept again");
    assert_eq!(again.text_header("x-amqp-rpc-error").as_deref(), Some("the method failed: on purpose"));
    assert_eq!(again.text_header("x-amqp-rpc-routing-key").as_deref(), Some("jobs.fails"));
}

#[tokio::test]
async fn an_expired_request_leaves_nothing_behind_though_it_was_dead_before() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let gates = GateClient::new(connect(&vhost).await);
    let slow = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let soon = BasicProperties::default().with_expiration("50".into());
    peer.publish("amqp-rpc", "gate.pass", soon, br#"{"tag":2}"#).await;
    until_expired(&vhost, "gate", Duration::from_millis(50)).await;
    gate.open_for(1);
    within("the slow call", slow).await.unwrap().unwrap();
    until_dead(&vhost, "gate", 0).await;
}

#[tokio::test]
async fn a_server_that_does_not_declare_leaves_failed_messages_to_the_broker() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let to_morgue =
        arguments([("x-dead-letter-exchange", text("")), ("x-dead-letter-routing-key", text("morgue"))]);
    for (queue, arguments) in [("jobs", to_morgue), ("morgue", arguments([])), ("jobs.dead", arguments([]))] {
        peer.declare_queue(queue, DURABLE, arguments).await;
    }
    let server = Server::new().service(JobsServer::new(Failing)).declare(Declare::None);
    let _server = start(server, &vhost).await;
    let properties = BasicProperties::default().with_type("jobs.fails".into());
    peer.publish("", "jobs", properties, JOB).await;
    await_until("the broker has it", || async { vhost.existing_queue("morgue").await.ready == 1 }).await;
    until_dead(&vhost, "jobs", 0).await;
    let dead = peer.get("morgue").await.expect("it is there");
    assert_eq!(dead.text_header("x-first-death-reason").as_deref(), Some("rejected"));
}

#[tokio::test]
async fn the_user_s_own_dead_letter_exchange_gets_what_is_rejected() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue("morgue", DURABLE, arguments([])).await;
    let options = QueueOptions::new()
        .argument("x-dead-letter-exchange", "")
        .argument("x-dead-letter-routing-key", "morgue");
    let _server = start(Server::new().service_with(JobsServer::new(Failing), options), &vhost).await;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    await_until("the broker has it", || async { vhost.existing_queue("morgue").await.ready == 1 }).await;
    until_dead(&vhost, "jobs", 0).await;
}

#[tokio::test]
async fn a_user_who_may_not_publish_dead_letters_leaves_them_to_the_broker_and_is_told_once() {
    let mut vhost = Vhost::create().await;
    let all_but_the_default_exchange = Permissions { write: r"^(amqp-rpc|jobs)", ..Permissions::ALL };
    let uri = vhost.add_user("worker", "secret", all_but_the_default_exchange).await;
    let log = Log::listen();
    let server = Server::new().service(JobsServer::new(Failing)).start(uri).await.expect("it may start");
    let peer = RawPeer::connect(&vhost.uri()).await;
    for _ in 0..3 {
        peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    }
    // LavinMQ has nothing that the broker could keep them by.
    let (kept, consequence) = if vhost.is_lavinmq() {
        (0, "the broker loses them")
    } else {
        (3, "the broker loses those that were dead-lettered before")
    };
    until_dead(&vhost, "jobs", kept).await;
    let told = log.lines().into_iter().map(|line| format!("{line:?}"));
    let told: Vec<_> = told.filter(|line| line.contains("may not publish dead letters")).collect();
    assert!(matches!(&told[..], [once] if once.contains(consequence)), "{told:?}");
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_letter_that_amqp_cannot_carry_is_left_to_the_broker() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(JobsServer::new(Failing)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let jobs = JobsClient::new(connect(&vhost).await);
    // With what the server adds they do not fit into a frame any more.
    let full = BasicProperties::default().with_headers(arguments([("fill", text(&"x".repeat(130_500)))]));
    peer.publish("amqp-rpc", "jobs.fails", full, JOB).await;
    until_dead(&vhost, "jobs", 1).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    let [by_broker, by_server] =
        ["x-first-death-reason", "x-amqp-rpc-reason"].map(|name| dead.text_header(name));
    let expected = if vhost.is_lavinmq() { (None, Some("internal")) } else { (Some("rejected"), None) };
    assert_eq!((by_broker.as_deref(), by_server.as_deref()), expected);
    assert_eq!(dead.text_header("fill").is_some(), !vhost.is_lavinmq(), "there its headers are left out");
    assert_eq!(within("the next call", jobs.answers(1).timeout(Duration::from_secs(60))).await.unwrap(), 1);
}
