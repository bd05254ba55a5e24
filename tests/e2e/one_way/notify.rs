//! Notifications: one server runs each of them, and senders wait for the publisher confirm only.

use std::{collections::HashMap, time::Duration};

use amqp_rpc::{CallError, Client, Execution, Server, server::QueueOptions};
use amqp_rpc_broker::{Broker, Like};
use lapin::ExchangeKind;
use tokio::sync::{mpsc, watch};

use super::{MailClient, MailServer, Postman, bind_a_full_queue, bind_observer};
use crate::{
    services::{connect, start},
    support::{Log, RawPeer, Vhost, await_until, within},
};

#[tokio::test]
async fn each_notification_is_run_by_one_server_and_never_answered() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let server =
        |name| Server::new().service(MailServer::from_arc(Postman::new(name, &letters))).concurrency(1);
    let one = start(server("one"), &vhost).await;
    let other = start(server("other"), &vhost).await;
    let client = connect(&vhost).await;
    let mail = MailClient::new(client.clone());

    let mut runs: HashMap<String, usize> = HashMap::new();
    let mut workers: HashMap<&str, usize> = HashMap::new();
    for letter in 0..20 {
        mail.send(format!("house {letter}")).await.unwrap();
    }
    mail.stamp(7).await.unwrap();
    for _ in 0..21 {
        let (worker, letter) = within("a letter", delivered.recv()).await.unwrap();
        *runs.entry(letter).or_default() += 1;
        *workers.entry(worker).or_default() += 1;
    }
    assert!(runs.values().all(|runs| *runs == 1) && runs.len() == 21, "{runs:?}");
    assert!(workers.len() == 2, "load is shared: {workers:?}");
    let settled = || async { vhost.existing_queue("mail").await.is_settled() };
    await_until("every notification is settled", settled).await;
    let stats = client.stats();
    assert_eq!(
        (stats.in_flight, stats.late_replies, stats.unknown_replies),
        (0, 0, 0),
        "it was not answered"
    );
    one.shutdown().await.unwrap();
    other.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_notification_resolves_on_its_publisher_confirm_before_it_has_run() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let gate = watch::Sender::new(false);
    let postman = Postman { name: "slow", letters, gate: Some(gate.subscribe()) };
    let server = start(Server::new().service(MailServer::new(postman)), &vhost).await;
    let mail = MailClient::new(connect(&vhost).await);

    within("the publisher confirm", mail.send("house 1".into())).await.unwrap();
    assert!(delivered.try_recv().is_err(), "it has not run");
    gate.send_replace(true);
    assert_eq!(within("the letter", delivered.recv()).await.unwrap().1, "house 1");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_notification_waits_in_its_queue_until_a_server_starts() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let server = || Server::new().service(MailServer::from_arc(Postman::new("late", &letters)));
    start(server(), &vhost).await.shutdown().await.unwrap();

    let mail = MailClient::new(connect(&vhost).await);
    mail.send("house 1".into()).timeout(Duration::from_secs(5)).await.unwrap();
    let error = mail.send("house 2".into()).fail_fast().await.unwrap_err();
    assert!(matches!(&error, CallError::NoConsumer(_)), "{error:?}");
    let failing_fast = Client::builder().fail_fast().connect(vhost.uri()).await.unwrap();
    let error = MailClient::new(failing_fast).send("house 3".into()).await.unwrap_err();
    assert!(matches!(&error, CallError::NoConsumer(_)), "{error:?}");

    let server = start(server(), &vhost).await;
    assert_eq!(within("the letter", delivered.recv()).await.unwrap().1, "house 1");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_notification_is_persistent_and_has_no_expiration_and_no_reply_address() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.send"]).await;
    let client = Client::builder().app_id("shop").send_user_id().connect(vhost.uri()).await.unwrap();
    let mail = MailClient::new(client);
    mail.send("house 1".into())
        .header("tenant", "acme")
        .priority(3)
        .timeout(Duration::from_secs(9))
        .await
        .unwrap();

    let message = inbox.next().await;
    let properties = &message.properties;
    assert_eq!(message.json(), serde_json::json!({"to": "house 1"}));
    assert_eq!(message.kind(), Some("mail.send"));
    assert_eq!(*properties.delivery_mode(), Some(2));
    assert_eq!(*properties.priority(), Some(3));
    assert!(properties.expiration().is_none() && properties.reply_to().is_none(), "{properties:?}");
    assert_eq!(properties.message_id().as_ref().map(|id| id.as_str().len()), Some(36));
    assert_eq!(properties.correlation_id().as_ref().map(|id| id.as_str().len()), Some(36));
    assert_eq!(properties.app_id().as_ref().map(lapin::types::ShortString::as_str), Some("shop"));
    assert!(properties.user_id().is_some());
    assert!(properties.headers().as_ref().is_some_and(|headers| headers.contains_key("tenant")));
}

#[tokio::test]
async fn a_notification_that_fails_goes_to_the_dead_letters() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let postman = Postman::new("one", &letters);
    let server = start(Server::new().service(MailServer::from_arc(postman)), &vhost).await;
    let mail = MailClient::new(connect(&vhost).await);
    for to in ["bounce", "explode", "house 1"] {
        mail.send(to.into()).await.unwrap();
    }
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "mail.send", Default::default(), b"not what it should be").await;

    assert_eq!(within("the letter", delivered.recv()).await.unwrap().1, "house 1");
    let dead = || async { vhost.existing_queue("mail.dead").await.ready == 3 };
    await_until("what failed is a dead letter", dead).await;
    let settled = || async { vhost.existing_queue("mail").await.is_settled() };
    await_until("everything is settled", settled).await;
    let mut bodies = Vec::new();
    while let Some(letter) = peer.get("mail.dead").await {
        bodies.push(letter.text().to_owned());
    }
    bodies.sort();
    assert_eq!(bodies, ["not what it should be", r#"{"to":"bounce"}"#, r#"{"to":"explode"}"#]);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_notification_without_a_queue_is_unroutable() {
    let vhost = Vhost::create().await;
    let mail = MailClient::new(connect(&vhost).await);
    let error = mail.send("house 1".into()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(unroutable) if unroutable.exchange_missing()),
        "{error:?}"
    );

    let (_peer, _inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.stamp"]).await;
    let found = || async {
        let error = mail.send("house 1".into()).await.unwrap_err();
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
        matches!(&error, CallError::Unroutable(unroutable) if !unroutable.exchange_missing())
    };
    await_until("the exchange is found", found).await;
    mail.stamp(1).await.unwrap();
}

#[tokio::test]
async fn a_notification_to_a_full_queue_is_rejected_and_not_kept() {
    let vhost = Vhost::create().await;
    let fails = Log::listen();
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let gate = watch::Sender::new(false);
    let postman = Postman { name: "one", letters, gate: Some(gate.subscribe()) };
    let options = QueueOptions::new().max_length(1);
    let server = Server::new().service_with(MailServer::new(postman), options).concurrency(1);
    let server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let mail = MailClient::new(client.clone());
    mail.send("house 1".into()).await.unwrap();
    await_until("it runs", || async { vhost.existing_queue("mail").await.ready == 0 }).await;
    mail.send("house 2".into()).await.unwrap();
    await_until("one waits", || async { vhost.existing_queue("mail").await.ready == 1 }).await;

    let error = mail.send("house 3".into()).await.unwrap_err();
    assert!(matches!(error, CallError::Nacked(_)), "{error:?}");
    // A publisher without confirms is not told.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let (channel, (options, properties)) = (peer.open_channel().await, Default::default());
    let letter = br#"{"to":"house 4"}"#;
    channel.basic_publish("amqp-rpc".into(), "mail.send".into(), options, letter, properties).await.unwrap();
    // What a full queue on LavinMQ refuses does not come to the server.
    let comes_to_server = client.state().broker().expect("it is connected").has_reject_publish_dlx();
    let refused = if comes_to_server { 2 } else { 0 };
    await_until("both are logged", || async { fails.failures().len() == refused }).await;
    for line in fails.failures() {
        let shown = ["outcome", "queue", "dropped"].map(|field| line.field(field));
        assert_eq!(shown, ["overloaded", "mail.overflow", "true"], "{line:?}");
        assert_eq!(line.level, tracing::Level::WARN);
    }
    let settled = || async { vhost.existing_queue("mail.overflow").await.is_settled() };
    await_until("the overflow is settled", settled).await;
    assert_eq!(vhost.existing_queue("mail.dead").await.ready, 0);

    gate.send_replace(true);
    for house in ["house 1", "house 2"] {
        assert_eq!(within("a letter", delivered.recv()).await.unwrap().1, house);
    }
    mail.send("house 3".into()).await.expect("there is room again");
    assert_eq!(within("a letter", delivered.recv()).await.unwrap().1, "house 3");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn on_lavinmq_a_notification_that_a_full_queue_returns_and_nacks_is_rejected() {
    let broker = Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port");
    let (peer, _inbox) = bind_observer(&broker.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.send"]).await;
    bind_a_full_queue(&peer, "amqp-rpc", ExchangeKind::Direct, "mail.stamp").await;
    let mail = MailClient::new(within("the client", Client::connect(broker.uri())).await.unwrap());
    for turn in 0..20 {
        let full = within("the refusal", mail.stamp(turn)).await.unwrap_err();
        assert!(matches!(full, CallError::Nacked(_)), "{full:?}");
        let unserved = within("the return", mail.send_again("nobody".into())).await.unwrap_err();
        assert!(matches!(unserved, CallError::Unroutable(_)), "{unserved:?}");
    }
}

/// lapin mixes up the confirms and returns of two tasks that publish on one channel at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_concurrent_notifications_each_gets_its_own_outcome() {
    let vhost = Vhost::create().await;
    let (peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.send"]).await;
    bind_a_full_queue(&peer, "amqp-rpc", ExchangeKind::Direct, "mail.stamp").await;
    let mail = MailClient::new(connect(&vhost).await);
    mail.send("the first".into()).await.unwrap();
    inbox.next().await;

    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let mail = mail.clone();
            tokio::spawn(async move {
                for turn in 0..150 {
                    match (sender + turn) % 3 {
                        0 => mail.send(format!("house {turn}")).await.unwrap(),
                        1 => {
                            let error = mail.stamp(turn).await.unwrap_err();
                            assert!(matches!(error, CallError::Nacked(_)), "{error:?}");
                            assert_eq!(
                                (error.execution(), error.is_retryable()),
                                (Execution::Unknown, false)
                            );
                        }
                        _ => {
                            let error = mail.send_again("nobody".into()).await.unwrap_err();
                            assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
                        }
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        within("a sender", sender).await.unwrap();
    }
    assert_eq!(within("what was taken", inbox.collect(400)).await.len(), 400);
}

#[tokio::test]
async fn a_deleted_exchange_is_checked_again_and_that_of_events_declared_again() {
    let vhost = Vhost::create().await;
    let (peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.send"]).await;
    let client = connect(&vhost).await;
    let mail = MailClient::new(client.clone());
    mail.send("house 1".into()).await.unwrap();
    mail.sent("house 1".into()).await.unwrap();
    inbox.next().await;
    let channel = peer.open_channel().await;
    for exchange in ["amqp-rpc", "amqp-rpc.events"] {
        channel.exchange_delete(exchange.into(), Default::default()).await.unwrap();
    }

    // The first one to each exchange costs its channel.
    for _ in 0..2 {
        let error = mail.send("house 2".into()).await.unwrap_err();
        assert_ne!(error.execution(), Execution::Completed, "{error:?}");
    }
    let error = mail.send("house 3".into()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(unroutable) if unroutable.exchange_missing()),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Never);
    let published = || async { mail.sent("house 3".into()).topic("eu").await.is_ok() };
    await_until("the exchange of events is declared again", published).await;
    assert!(client.is_connected(), "{:?}", client.state());
}
