//! The services of a server: several modules, a selection of them, and changes while the server runs.

mod adding;
mod interrupted;
mod removing;
mod service_options;
mod shared_queues;

use amqp_rpc::{
    Execution, RunningServer, Server,
    error::{ChangeError, StartError},
};
use lapin::BasicProperties;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start},
    support::{RawPeer, Vhost, within},
};

/// Modules of a program that several teams write.
mod trees {
    #[amqp_rpc::rpc_service(name = "servers.trees")]
    pub(super) trait Trees {
        async fn plant(&self, name: String) -> String;
    }

    pub(super) struct Gardener;

    impl Trees for Gardener {
        async fn plant(&self, name: String) -> String {
            format!("an {name}")
        }
    }

    impl Gardener {
        /// Public, but no method of the service.
        #[allow(dead_code, reason = "it cannot be called, which a test shows")]
        pub(super) fn uproot(&self) {}
    }
}

mod guests {
    /// Shares the queue of the gate, whose methods wait until the test opens it.
    #[amqp_rpc::rpc_service(queue = "gate")]
    pub(super) trait Guests {
        #[rpc(timeout = "30s")]
        async fn greet(&self, name: String) -> String;
        async fn stay(&self);
        #[rpc(notify)]
        async fn leave(&self);
    }

    pub(super) struct Host(pub(super) crate::services::Gatekeeper);

    impl Guests for Host {
        async fn greet(&self, name: String) -> String {
            format!("hello {name}")
        }

        async fn stay(&self) {
            self.0.wait().await;
        }

        async fn leave(&self) {}
    }
}

use guests::{GuestsClient, GuestsServer, Host};
use trees::{Gardener, TreesClient, TreesServer};

async fn add_trees(server: &RunningServer) -> Result<(), ChangeError> {
    within("the addition", server.add(TreesServer::new(Gardener))).await
}

#[tokio::test]
async fn services_of_several_modules_form_one_server_and_a_duplicate_route_is_refused() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let services = || {
        let server = Server::new().service(FibServer::new(Fibonacci)).service(TreesServer::new(Gardener));
        server.service(GateServer::new(gate.clone())).service(GuestsServer::new(Host(gate.clone())))
    };
    let server = start(services(), &vhost).await;
    assert_eq!(server.queues(), ["fib", "gate", "servers.trees"]);
    let client = connect(&vhost).await;
    assert_eq!(FibClient::new(client.clone()).compute(10).await.unwrap(), 55);
    assert_eq!(TreesClient::new(client.clone()).plant("oak".into()).await.unwrap(), "an oak");
    assert_eq!(GuestsClient::new(client.clone()).greet("Ada".into()).await.unwrap(), "hello Ada");
    assert_eq!(GateClient::new(client).echo(1).await.unwrap(), 1);

    let error = services().service(TreesServer::new(Gardener)).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(error, StartError::DuplicateRoute { first: "servers.trees.plant", .. }), "{error}");
}

#[tokio::test]
async fn only_methods_of_the_trait_can_be_called() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(TreesServer::new(Gardener)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for kind in ["servers.trees.uproot", "servers.trees", "uproot", "servers.trees.plant.oak", ""] {
        let request = BasicProperties::default().with_reply_to(replies.queue().into()).with_type(kind.into());
        peer.publish("", "servers.trees", request, b"{}").await;
        let reply = within("the refusal", replies.next()).await;
        assert_eq!(reply.json()["code"], "unknown_method", "{kind:?}");
    }
}

#[tokio::test]
async fn a_configuration_selects_services_and_the_others_are_not_declared() {
    let vhost = Vhost::create().await;
    let all = || {
        let server = Server::new().service(FibServer::new(Fibonacci)).service(TreesServer::new(Gardener));
        server.service(GateServer::new(Gatekeeper::closed()))
    };
    let server = start(all().only(["fib", "servers.trees"]).except(["servers.trees"]), &vhost).await;
    assert_eq!(server.queues(), ["fib"]);
    assert_eq!(vhost.queues().await, ["fib", "fib.dead"], "nothing is declared for the others");
    let client = connect(&vhost).await;
    assert_eq!(FibClient::new(client.clone()).compute(10).await.unwrap(), 55);
    let error = GateClient::new(client).echo(1).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error}");

    for misspelt in [all().only(["fib", "fob"]), all().except(["fob"])] {
        let error = misspelt.start(vhost.uri()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the server has no service `fob` to serve or leave out; it has: fib, servers.trees, gate"
        );
    }
    let error = all().except(["fib", "gate", "servers.trees"]).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(error, StartError::NoService), "{error}");
}
