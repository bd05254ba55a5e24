//! A queue whose read permission was revoked, beside one that is served, on the embedded broker.

use amqp_rpc::{Client, ConnectOptions, RunningServer, Server, server::Declare};
use amqp_rpc_broker::{
    Broker, Permissions,
    faults::{Action, Matcher, Method, Rule},
};

use crate::{
    services::{GateClient, GateServer, Gatekeeper, until_connecting, until_epoch},
    support::{await_until, embedded_broker, within},
};

/// A service whose queue is consumed after `gate`.
#[amqp_rpc::rpc_service]
trait Zeta {
    async fn ask(&self) -> u64;
}

struct Zero;

impl Zeta for Zero {
    async fn ask(&self) -> u64 {
        0
    }
}

/// A broker with both queues, another server of `gate`, and the user whose permission is revoked.
struct Scene {
    broker: Broker,
    gate: Gatekeeper,
    _other: RunningServer,
}

impl Scene {
    async fn set() -> Self {
        let broker = embedded_broker().start().await.expect("the scene is set");
        let gate = Gatekeeper::closed();
        gate.open_for(1_000_000);
        let zeta =
            Server::new().service(ZetaServer::new(Zero)).start(broker.uri()).await.expect("the scene is set");
        zeta.shutdown().await.expect("the scene is set");
        let other = Server::new().service(GateServer::new(gate.clone())).concurrency(2);
        let _other = other.start(broker.uri()).await.expect("the scene is set");
        broker.add_user("worker", "secret");
        let scene = Self { broker, gate, _other };
        scene.let_read(".*");
        scene
    }

    fn let_read(&self, read: &str) {
        self.broker.set_permissions(
            "worker",
            "/",
            Permissions::new("^$", ".*", read).expect("the scene is set"),
        );
    }

    async fn serve(&self, server: Server) -> RunningServer {
        let options = ConnectOptions::new(self.broker.uri_as("worker", "secret", "/")).name("server");
        // Declaring a queue with a dead-letter exchange needs read permission on it.
        let start = server.declare(Declare::Passive).concurrency(4).start(options);
        within("the server to start", start).await.expect("the server starts")
    }

    async fn serve_both(&self) -> RunningServer {
        let server = Server::new().service(GateServer::new(self.gate.clone()));
        self.serve(server.service(ZetaServer::new(Zero))).await
    }

    /// Counts the attempts to consume `zeta` from now on.
    fn watch_attempts(&self) -> Rule {
        self.broker.on(Matcher::from_client(Method::BasicConsume).queue("zeta"), Action::Pass)
    }

    async fn lose_connection(&self) {
        self.broker
            .vhost("/")
            .expect("the scene is set")
            .connection("server")
            .await
            .expect("the scene is set")
            .reset();
    }

    async fn consumers(&self, queue: &str) -> usize {
        self.broker
            .vhost("/")
            .expect("the scene is set")
            .queue(queue)
            .await
            .expect("the scene is set")
            .consumers
    }

    async fn client(&self) -> Client {
        within("the client", Client::connect(self.broker.uri())).await.expect("the scene is set")
    }

    /// Calls the healthy queue until the other one was tried `tried` times; a requeued call would be
    /// `maybe_executed`.
    async fn calls_succeed_until(&self, attempts: &Rule, tried: usize) {
        let gates = GateClient::new(self.client().await);
        while attempts.hits() < tried {
            let calls = futures_util::future::join_all((0..40).map(|tag| gates.pass_once(tag)));
            for (tag, answer) in (0..).zip(within("the calls", calls).await) {
                assert_eq!(answer.expect("it is run by the one or the other"), tag);
            }
        }
    }
}

fn assert_ready(server: &RunningServer, epoch: u64) {
    let state = server.state();
    assert!(state.is_ready() && state.epoch() == Some(epoch), "{state}");
}

#[tokio::test]
async fn a_queue_whose_read_permission_was_revoked_does_not_stop_the_others() {
    let scene = Scene::set().await;
    let server = scene.serve_both().await;
    let attempts = scene.watch_attempts();
    scene.let_read("^gate$");
    scene.lose_connection().await;
    until_epoch(&server, 2).await;
    scene.calls_succeed_until(&attempts, 6).await;
    assert_ready(&server, 2);
    assert_eq!((scene.consumers("gate").await, scene.consumers("zeta").await), (2, 0));

    scene.let_read(".*");
    let zeta = ZetaClient::new(scene.client().await);
    assert_eq!(within("the queue that was refused", zeta.ask()).await.unwrap(), 0);
    assert_ready(&server, 2);
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_consumer_that_cannot_be_recreated_costs_one_connection_only() {
    let scene = Scene::set().await;
    let server = scene.serve_both().await;
    let attempts = scene.watch_attempts();
    scene.let_read("^gate$");
    assert_eq!(scene.broker.vhost("/").unwrap().cancel_consumers("zeta").await, 1);
    until_epoch(&server, 2).await;
    scene.calls_succeed_until(&attempts, 5).await;
    assert_ready(&server, 2);
    // The server still knows it after a lost connection.
    let tried = attempts.hits();
    scene.lose_connection().await;
    until_epoch(&server, 3).await;
    scene.calls_succeed_until(&attempts, tried + 3).await;

    scene.let_read(".*");
    await_until("it is consumed", || async { scene.consumers("zeta").await == 1 }).await;
    assert_ready(&server, 3);
}

#[tokio::test]
async fn a_server_whose_only_queue_may_not_be_consumed_is_not_ready_and_says_why() {
    let scene = Scene::set().await;
    let server = scene.serve(Server::new().service(ZetaServer::new(Zero))).await;
    let attempts = scene.watch_attempts();
    scene.let_read("^$");
    scene.lose_connection().await;
    until_connecting(&server).await;
    await_until("it was tried again", || async { attempts.hits() >= 3 }).await;
    let state = server.state().to_string();
    assert!(state.contains("user `worker` may not consume"), "{state}");

    scene.let_read(".*");
    until_epoch(&server, 2).await;
    assert_eq!(within("the call", ZetaClient::new(scene.client().await).ask()).await.unwrap(), 0);
}
