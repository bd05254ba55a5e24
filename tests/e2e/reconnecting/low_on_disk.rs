//! LavinMQ while it is low on disk: it refuses messages by closing their channel, and does not say when it is
//! over. The embedded broker follows its rules here in every run.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, ConnectOptions, Execution, RunningServer, Server,
    client::{ClientBuilder, ReplyTo},
    connect::ConnectionState,
    error::StartError,
    rpc_service,
};
use amqp_rpc_broker::{Broker, Like};
use tokio::sync::{mpsc, watch};

use crate::{
    services::{GateClient, GateServer, Gatekeeper, until_epoch},
    support::{await_until, within},
};

const LOW: &str = "Server low on disk space";

/// Messages without a caller. `send` to nobody waits for the test, and fails.
#[rpc_service]
trait Post {
    #[rpc(notify)]
    async fn send(&self, to: String) -> Result<(), Undeliverable>;
    #[rpc(event)]
    async fn sent(&self, to: String);
}

#[derive(Debug, thiserror::Error)]
#[error("nobody lives there")]
struct Undeliverable;

struct Postman {
    letters: mpsc::UnboundedSender<String>,
    may_fail: watch::Receiver<bool>,
}

impl Post for Postman {
    async fn send(&self, to: String) -> Result<(), Undeliverable> {
        self.letters.send(to.clone()).expect("the test listens");
        if to == "nobody" {
            self.may_fail.clone().wait_for(|may| *may).await.expect("the test holds it");
            return Err(Undeliverable);
        }
        Ok(())
    }

    async fn sent(&self, to: String) {
        self.letters.send(to).expect("the test listens");
    }
}

struct Scene {
    broker: Broker,
    client: Client,
    gate: Gatekeeper,
    server: RunningServer,
    letters: mpsc::UnboundedReceiver<String>,
    may_fail: watch::Sender<bool>,
}

impl Scene {
    async fn new() -> Self {
        Self::of(Client::builder().timeout(Duration::from_secs(600))).await
    }

    async fn of(client: ClientBuilder) -> Self {
        let broker = lavinmq().await;
        let gate = Gatekeeper::closed();
        let (sender, letters) = mpsc::unbounded_channel();
        let may_fail = watch::Sender::new(false);
        let postman = Postman { letters: sender, may_fail: may_fail.subscribe() };
        let server = Server::new()
            .service(GateServer::new(gate.clone()))
            .service(PostServer::new(postman))
            .start(broker.uri());
        let server = within("the server", server).await.expect("it starts");
        let client = within("the client", client.connect(broker.uri())).await.expect("it connects");
        let scene = Self { broker, client, gate, server, letters, may_fail };
        scene.gates().echo(0).await.expect("it is served");
        scene
    }

    fn gates(&self) -> GateClient {
        GateClient::new(self.client.clone())
    }

    fn post(&self) -> PostClient {
        PostClient::new(self.client.clone())
    }

    async fn has_space_again(&self) {
        self.broker.unblock();
        self.client.wait_ready(Duration::from_secs(60)).await.expect("the client is ready again");
    }
}

async fn lavinmq() -> Broker {
    Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port")
}

fn assert_blocked<E: std::fmt::Debug + std::fmt::Display>(error: &CallError<E>) {
    assert!(matches!(error, CallError::Blocked(blocked) if blocked.reason().contains(LOW)), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
}

#[tokio::test]
async fn on_lavinmq_calls_are_blocked_at_once_while_it_is_low_on_disk() {
    for reply_to in [ReplyTo::ExclusiveQueue, ReplyTo::Direct] {
        let scene = Scene::of(Client::builder().timeout(Duration::from_secs(600)).reply_to(reply_to)).await;
        scene.broker.block("low on disk");
        for tag in 0..20 {
            assert_blocked(&within("the refusal", scene.gates().pass(tag)).await.unwrap_err());
        }
        let error = within("the refusal", scene.gates().pass(20).fail_fast()).await.unwrap_err();
        assert_blocked(&error);
        let state = scene.client.state();
        assert!(
            matches!(&state, ConnectionState::Connecting { reason, .. } if reason.contains(LOW)),
            "{state}"
        );
        scene.has_space_again().await;
        assert_eq!(within("the call", scene.gates().echo(2)).await.unwrap(), 2);
        assert_eq!(scene.gate.started(), 0, "none of the refused calls has run");
        assert_eq!(scene.server.state().epoch(), Some(1), "the server had nothing to publish");
    }
}

#[tokio::test]
async fn on_lavinmq_calls_in_flight_when_it_gets_low_on_disk_are_blocked_or_unknown() {
    let scene = Scene::new().await;
    scene.broker.block("low on disk");
    let calls: Vec<_> = (0..10).map(|tag| tokio::spawn(scene.gates().pass(tag))).collect();
    for call in calls {
        let error = within("the refusal", call).await.unwrap().unwrap_err();
        match &error {
            CallError::Disconnected(_) => assert_eq!(error.execution(), Execution::Unknown),
            _ => assert_blocked(&error),
        }
    }
    assert_blocked(&within("the refusal", scene.gates().pass(11)).await.unwrap_err());
    scene.has_space_again().await;
    assert_eq!(scene.gate.started(), 0);
}

#[tokio::test]
async fn on_lavinmq_notifications_and_events_are_blocked_at_once_while_it_is_low_on_disk() {
    let mut scene = Scene::new().await;
    scene.post().send("house 1".into()).await.unwrap();
    scene.broker.block("low on disk");
    for house in 2..20 {
        assert_blocked(
            &within("the refusal", scene.post().send(format!("house {house}"))).await.unwrap_err(),
        );
        assert_blocked(&within("the refusal", scene.post().sent("eu".into())).await.unwrap_err());
    }
    assert_blocked(&within("the refusal", scene.gates().pass(1)).await.unwrap_err());
    scene.has_space_again().await;
    scene.post().send("house 20".into()).await.unwrap();
    assert_eq!(within("a letter", scene.letters.recv()).await.unwrap(), "house 1");
    assert_eq!(within("a letter", scene.letters.recv()).await.unwrap(), "house 20");
}

#[tokio::test]
async fn on_lavinmq_calls_and_notifications_may_wait_until_it_has_space_again() {
    let mut scene = Scene::of(Client::builder().wait_while_blocked().timeout(Duration::from_secs(120))).await;
    scene.broker.block("low on disk");
    let late = within("the timeout", scene.gates().pass(1).timeout(Duration::from_millis(300))).await;
    let error = late.unwrap_err();
    assert!(matches!(&error, CallError::Timeout(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains(LOW), "{error}");
    let call = tokio::spawn(scene.gates().echo(3));
    let letter = tokio::spawn(scene.post().send("house 1".into()));
    scene.has_space_again().await;
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 3);
    within("the notification", letter).await.unwrap().unwrap();
    assert_eq!(within("a letter", scene.letters.recv()).await.unwrap(), "house 1");
    assert_eq!(scene.gate.started(), 0, "the call whose caller gave up has not run");
}

#[tokio::test]
async fn on_lavinmq_a_request_whose_reply_is_refused_runs_once_more_when_there_is_space_again() {
    for reply_to in [ReplyTo::ExclusiveQueue, ReplyTo::Direct] {
        let scene = Scene::of(Client::builder().timeout(Duration::from_secs(600)).reply_to(reply_to)).await;
        let call = tokio::spawn(scene.gates().pass(1));
        scene.gate.until_running(1).await;
        scene.broker.block("low on disk");
        scene.gate.open_for(1);
        await_until("the server has tried more than once", || async {
            matches!(scene.server.state(), ConnectionState::Connecting { failures: 4.., reason, .. } if reason.contains(LOW))
        })
        .await;
        assert_eq!(scene.gate.started(), 1, "it does not run while its reply would be refused");
        scene.gate.open_for(1);
        scene.broker.unblock();
        assert_eq!(within("the reply", call).await.unwrap().unwrap(), 1);
        assert_eq!(scene.gate.started(), 2);
        until_epoch(&scene.server, 2).await;
        assert_eq!(scene.server.stats().malformed_reply_addresses, 0);
    }
}

#[tokio::test]
async fn on_lavinmq_no_dead_letter_is_lost_while_it_is_low_on_disk() {
    let mut scene = Scene::new().await;
    scene.post().send("nobody".into()).await.unwrap();
    assert_eq!(within("it runs", scene.letters.recv()).await.unwrap(), "nobody");
    scene.broker.block("low on disk");
    scene.may_fail.send_replace(true);
    await_until("the server notices", || async { scene.server.state().to_string().contains(LOW) }).await;
    scene.broker.unblock();
    let vhost = scene.broker.vhost("/").expect("it is always there");
    // It is acknowledged once its letter is confirmed: after the letter is there.
    await_until("it is a dead letter, and settled", || async {
        let letters = vhost.queue("post.dead").await.expect("it is declared").ready;
        let post = vhost.queue("post").await.expect("it is declared");
        letters == 1 && post.ready + post.unacked == 0
    })
    .await;
}

#[tokio::test]
async fn on_lavinmq_a_server_that_starts_while_it_is_low_on_disk_says_so_or_waits() {
    let broker = lavinmq().await;
    broker.block("low on disk");
    let server = || Server::new().service(GateServer::new(Gatekeeper::closed()));
    let error = within("the refusal", server().start(broker.uri())).await.unwrap_err();
    assert!(matches!(&error, StartError::Broker { name, .. } if name == "gate"), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(LOW) && text.contains("LavinMQ 2.9.1"), "{text}");
    let error = within("the refusal", Client::connect(broker.uri())).await.unwrap_err();
    assert!(error.to_string().contains(LOW), "{error}");

    let options = ConnectOptions::new(broker.uri()).wait_for_broker(Duration::from_secs(60));
    let starting = tokio::spawn(server().start(options));
    broker.unblock();
    let _server = within("the start", starting).await.unwrap().expect("it starts");
}
