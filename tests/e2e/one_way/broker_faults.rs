//! Broker faults while a one-way message is published, on the embedded broker, which fails on request.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, RunningServer, Server, connect::ConnectionState};
use amqp_rpc_broker::{
    Broker, Builder,
    faults::{Action, Matcher, Method},
};
use tokio::sync::mpsc;

use super::{MailClient, MailServer, Postman};
use crate::support::{blocking_broker, embedded_broker, within};

struct Scene {
    broker: Broker,
    client: Client,
    mail: MailClient,
    server: RunningServer,
    letters: mpsc::UnboundedReceiver<(&'static str, String)>,
}

impl Scene {
    async fn new() -> Self {
        Self::on(embedded_broker()).await
    }

    async fn on(broker: Builder) -> Self {
        let broker = broker.start().await.expect("the broker starts");
        let (sender, letters) = mpsc::unbounded_channel();
        let server = Server::new().service(MailServer::from_arc(Postman::new("one", &sender)));
        let server = server.start(broker.uri()).await.expect("the server starts");
        let client = Client::builder().timeout(Duration::from_secs(60)).connect(broker.uri()).await;
        let client = client.expect("the client connects");
        let mail = MailClient::new(client.clone());
        let mut scene = Self { broker, client, mail, server, letters };
        scene.mail.send("the first".into()).await.expect("it is taken");
        assert_eq!(scene.letter().await, "the first");
        scene
    }

    async fn letter(&mut self) -> String {
        within("a letter", self.letters.recv()).await.expect("the postman lives").1
    }
}

#[tokio::test]
async fn an_unconfirmed_idempotent_notification_is_sent_again_with_the_same_message_id() {
    let mut scene = Scene::new().await;
    let published = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc").nth(1);
    let _crash = scene.broker.on(published, Action::BreakAfter);
    within("the publisher confirm, in the end", scene.mail.send_again("house 1".into())).await.unwrap();
    let (first, second) = (scene.letter().await, scene.letter().await);
    assert!(first.starts_with("house 1 ") && first.len() > "house 1 -".len(), "{first}");
    assert_eq!(first, second, "a handler can recognise repetitions by their id");
    assert_eq!(scene.client.stats().resent, 1);
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_unconfirmed_notification_is_not_sent_again_and_may_have_been_taken() {
    let mut scene = Scene::new().await;
    let published = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc").nth(1);
    let _crash = scene.broker.on(published, Action::BreakAfter);
    let error = within("the loss", scene.mail.send("house 1".into())).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert_eq!(scene.letter().await, "house 1");
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_negative_publisher_confirm_is_an_error() {
    let mut scene = Scene::new().await;
    let published = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc").nth(1);
    let _refusal = scene.broker.on(published, Action::Nack);
    let error = within("the refusal", scene.mail.send_again("house 1".into())).await.unwrap_err();
    assert!(matches!(error, CallError::Nacked(_)), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, true));
    scene.mail.send("house 2".into()).await.unwrap();
    assert_eq!(scene.letter().await, "house 2");
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_closed_channel_of_notifications_affects_no_call() {
    let mut scene = Scene::new().await;
    let published = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc").nth(1);
    let _close =
        scene.broker.on(published, Action::CloseChannel(406, "PRECONDITION_FAILED - on purpose".into()));
    let error = within("the loss", scene.mail.send("house 1".into())).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    scene.mail.send("house 2".into()).await.expect("another channel was opened");
    assert_eq!(scene.letter().await, "house 2");
    assert!(
        matches!(scene.client.state(), ConnectionState::Ready { epoch: 1, .. }),
        "{:?}",
        scene.client.state()
    );
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_notification_survives_a_crash_of_the_broker() {
    let scene = Scene::new().await;
    scene.server.shutdown().await.unwrap();
    scene.mail.send("house 1".into()).await.unwrap();
    scene.broker.crash().await;
    scene.broker.start_again().await.unwrap();

    let (sender, mut letters) = mpsc::unbounded_channel();
    let server = Server::new().service(MailServer::from_arc(Postman::new("next", &sender)));
    let server = server.start(scene.broker.uri()).await.unwrap();
    assert_eq!(within("the letter", letters.recv()).await.unwrap().1, "house 1");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_client_that_only_notifies_reconnects_as_soon_as_one_that_calls() {
    let scene = Scene::new().await;
    let _losses = scene.broker.on(Matcher::to_client(Method::BasicAck).times(12), Action::BreakAfter);
    let thirteen = async {
        for house in 0..13 {
            let sent = scene.mail.send_again(format!("house {house}")).await;
            sent.expect("it is taken, over this connection or the next");
        }
    };
    // A backoff that grows from one loss to the next would take minutes.
    within("thirteen publisher confirms, with a lost connection after each", thirteen).await;
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn notifications_fail_at_once_while_the_broker_blocks_publishers() {
    let mut scene = Scene::on(blocking_broker()).await;
    scene.broker.block("low on disk");
    // Like RabbitMQ, the broker sends `connection.blocked` at the next publish, which it does not take yet.
    let provocation = tokio::spawn(scene.mail.send_again("house 1".into()));
    let mut states = scene.client.state_changes();
    let blocked = async {
        while !matches!(states.current(), ConnectionState::Blocked { .. }) {
            states.changed().await.expect("the client lives");
        }
    };
    within("the client to be blocked", blocked).await;
    let error = within("the refusal", scene.mail.send("house 2".into())).await.unwrap_err();
    assert!(matches!(&error, CallError::Blocked(blocked) if blocked.reason() == "low on disk"), "{error:?}");
    let error = within("the refusal", scene.mail.sent("house 2".into()).topic("eu")).await.unwrap_err();
    assert!(matches!(error, CallError::Blocked(_)), "{error:?}");

    scene.broker.unblock();
    within("the one that waited in the broker's socket", provocation).await.unwrap().unwrap();
    assert!(scene.letter().await.starts_with("house 1"));
    scene.server.shutdown().await.unwrap();
}

#[tokio::test]
async fn repeatedly_closed_channels_do_not_use_up_the_connection() {
    let mut scene = Scene::new().await;
    let published = Matcher::from_client(Method::BasicPublish).exchange("amqp-rpc");
    let closing =
        scene.broker.on(published, Action::CloseChannel(406, "PRECONDITION_FAILED - on purpose".into()));
    for _ in 0..300 {
        let error = within("the loss", scene.mail.send("house 1".into())).await.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    }
    closing.remove();
    within("the publisher confirm", scene.mail.send("house 2".into())).await.unwrap();
    assert_eq!(scene.letter().await, "house 2");
    assert!(
        matches!(scene.client.state(), ConnectionState::Ready { epoch: 2, .. }),
        "{:?}",
        scene.client.state()
    );
    scene.server.shutdown().await.unwrap();
}
