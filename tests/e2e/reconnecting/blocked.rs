//! A broker that blocks publishers because it is short of memory, on the embedded broker.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, RunningServer, Server, client::ClientBuilder, connect::ConnectionState,
};
use amqp_rpc_broker::Broker;

use crate::{
    services::{GateClient, GateServer, Gatekeeper},
    support::{blocking_broker, within},
};

struct Scene {
    broker: Broker,
    client: Client,
    gate: Gatekeeper,
    _server: RunningServer,
}

impl Scene {
    async fn of(client: ClientBuilder) -> Self {
        let broker = blocking_broker().start().await.expect("the broker starts");
        let gate = Gatekeeper::closed();
        let server = Server::new()
            .service(GateServer::new(gate.clone()))
            .start(broker.uri())
            .await
            .expect("the server starts");
        let client = client.connect(broker.uri()).await.expect("the client connects");
        // The broker knows the client as a publisher from now on.
        GateClient::new(client.clone()).echo(0).await.expect("it is served");
        Self { broker, client, gate, _server: server }
    }

    fn gates(&self) -> GateClient {
        GateClient::new(self.client.clone())
    }

    /// Blocks, and waits until the client has noticed. Like RabbitMQ, the broker may tell it at the next
    /// publish only.
    async fn block(&self) {
        self.broker.block("low on memory");
        let mut states = self.client.state_changes();
        let _provocation = tokio::spawn(self.gates().echo(1));
        let blocked = async {
            while !matches!(states.current(), ConnectionState::Blocked { .. }) {
                states.changed().await.expect("the client lives");
            }
        };
        within("the client to be blocked", blocked).await;
    }
}

#[tokio::test]
async fn calls_fail_at_once_and_never_run_while_the_broker_blocks_publishers() {
    let scene = Scene::of(Client::builder().timeout(Duration::from_secs(600))).await;
    scene.block().await;
    assert!(matches!(scene.client.state(), ConnectionState::Blocked { epoch: 1, .. }));
    for tag in 0..10 {
        let error = within("the refusal", scene.gates().pass(tag)).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Blocked(blocked) if blocked.reason() == "low on memory"),
            "{error:?}"
        );
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    }
    // The cached consumer count is too old, and the broker does not answer: the call must not wait for it.
    let error = within("the refusal", scene.gates().pass(10).fail_fast()).await.unwrap_err();
    assert!(matches!(&error, CallError::Blocked(_)), "{error:?}");

    scene.broker.unblock();
    scene.client.wait_ready(Duration::from_secs(20)).await.unwrap();
    assert_eq!(within("the call", scene.gates().echo(2)).await.unwrap(), 2);
    assert_eq!(scene.gate.started(), 0, "none of the refused calls has run");
}

#[tokio::test]
async fn calls_may_wait_until_the_broker_unblocks_publishers() {
    let scene = Scene::of(Client::builder().wait_while_blocked().timeout(Duration::from_secs(20))).await;
    scene.block().await;
    let late = scene.gates().pass(1).timeout(Duration::from_millis(50));
    let error = within("the timeout", late).await.unwrap_err();
    assert!(matches!(&error, CallError::Timeout(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains("low on memory"), "{error}");

    let waiting = tokio::spawn(scene.gates().echo(3));
    scene.broker.unblock();
    assert_eq!(within("the call", waiting).await.unwrap().unwrap(), 3);
    assert_eq!(scene.gate.started(), 0, "the call whose caller gave up has not run");
}
