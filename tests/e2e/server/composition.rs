//! What a server is made of: services of several modules, a part of them, and changes while it runs. Over 300 lines because its tests share
//! the services that join and leave.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    CallError, ChangeError, Execution, FaultCode, IncomingCall, QueueOptions, RunningServer, Server,
    StartError,
    middleware::{self, Next},
};
use lapin::BasicProperties;

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start,
        until_connecting, until_epoch,
    },
    support::{Permissions, Proxy, RawPeer, Vhost, await_until, within},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Modules as a program has them that is written by several people.
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
        /// Public, and still no method of the service.
        #[allow(dead_code, reason = "nobody can call it, which a test shows")]
        pub(super) fn uproot(&self) {}
    }
}

mod guests {
    /// Shares the queue of the gate, whose methods can be made to wait.
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

fn is_shutting_down<E>(error: &CallError<E>) -> bool {
    matches!(error, CallError::Fault(fault) if *fault.code() == FaultCode::ShuttingDown)
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

#[tokio::test]
async fn an_added_service_runs_within_the_layers_and_survives_a_reconnect() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let counting = {
        let seen = Arc::clone(&seen);
        middleware::from_fn(move |call: IncomingCall, next: Next| {
            seen.fetch_add(1, Ordering::SeqCst);
            async move { next.run(call).await }
        })
    };
    let server = Server::new().service(FibServer::new(Fibonacci)).layer(counting);
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    add_trees(&server).await.unwrap();
    assert_eq!(server.queues(), ["fib", "servers.trees"]);
    assert_eq!(vhost.existing_queue("servers.trees").await.consumers, 1, "it is live");
    let trees = TreesClient::new(connect(&vhost).await);
    assert_eq!(trees.plant("ash".into()).await.unwrap(), "an ash");
    assert_eq!(seen.load(Ordering::SeqCst), 1, "the server's layers are around it");

    for epoch in 2..4 {
        proxy.cut();
        until_epoch(&server, epoch).await;
        assert_eq!(within("the call", trees.plant("elm".into())).await.unwrap(), "an elm");
    }
    let error = add_trees(&server).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(StartError::DuplicateRoute { .. })), "{error}");

    within("the removal", server.remove("servers.trees")).await.unwrap();
    assert_eq!(server.queues(), ["fib"]);
    proxy.cut();
    until_epoch(&server, 4).await;
    assert_eq!(vhost.existing_queue("servers.trees").await.consumers, 0, "nor does it come back");
    let waiting = tokio::spawn(trees.plant("fir".into()));
    await_until("the request waits", || async { vhost.existing_queue("servers.trees").await.ready == 1 })
        .await;
    add_trees(&server).await.unwrap();
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), "an fir");
}

#[tokio::test]
async fn a_removed_service_finishes_its_calls_and_the_others_do_not_notice() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()));
    let server = Arc::new(start(server, &vhost).await);
    let client = connect(&vhost).await;
    let (gates, fib) = (GateClient::new(client.clone()), FibClient::new(client));
    let calls: Vec<_> = (0..4).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(4).await;

    let removing = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.remove("gate").await })
    };
    await_until("nobody consumes the queue", || async { vhost.existing_queue("gate").await.consumers == 0 })
        .await;
    let late = tokio::spawn(gates.pass(9));
    await_until("what comes now waits", || async { vhost.existing_queue("gate").await.ready == 1 }).await;
    assert_eq!(within("the other service", fib.compute(10)).await.unwrap(), 55);
    // Changes go on while the calls finish.
    add_trees(&server).await.unwrap();

    gate.open_for(4);
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the answer", call).await.unwrap().unwrap(), tag);
    }
    assert!(within("the removal", removing).await.unwrap().unwrap().is_clean());
    assert_eq!(server.state().epoch(), Some(1));

    let error = within("the refusal", server.remove("gate")).await.unwrap_err();
    assert_eq!(error.to_string(), "`gate` is not served; served are: fib, servers.trees");
    gate.open_for(1);
    within("the addition", server.add(GateServer::new(gate.clone()))).await.unwrap();
    assert_eq!(within("the one that waited", late).await.unwrap().unwrap(), 9);
}

#[tokio::test]
async fn calls_that_outlast_the_drain_of_a_removed_service_are_requeued() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .service(GateServer::new(gate.clone()))
        .drain_timeout(Duration::from_millis(50));
    let server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let call = tokio::spawn(GateClient::new(client.clone()).pass(1));
    gate.until_running(1).await;
    let report = within("the removal", server.remove("gate")).await.unwrap();
    let abandoned: Vec<_> = report.abandoned.iter().map(|call| call.method).collect();
    assert_eq!(abandoned, ["gate.pass"]);
    assert_eq!(FibClient::new(client).compute(10).await.unwrap(), 55);
    await_until("it waits for another server", || async { vhost.existing_queue("gate").await.ready == 1 })
        .await;
    let other = start(Server::new().service(GateServer::new(gate.clone())), &vhost).await;
    gate.open_for(1);
    assert_eq!(within("the answer", call).await.unwrap().unwrap(), 1);
    assert!(within("the shutdown", other.shutdown()).await.unwrap().is_clean());
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_service_joins_a_queue_that_is_consumed_already_and_leaves_it_again() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone()));
    let server = Arc::new(within("the server", server.start(proxy.uri())).await.unwrap());
    let client = connect(&vhost).await;
    let (gates, guests) = (GateClient::new(client.clone()), GuestsClient::new(client));
    let earlier = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    within("the addition", server.add(GuestsServer::new(Host(gate.clone())))).await.unwrap();
    assert_eq!(server.queues(), ["gate"]);
    assert_eq!(vhost.existing_queue("gate").await.consumers, 1, "it is still one consumer");
    assert_eq!(within("the new service", guests.greet("Bob".into())).await.unwrap(), "hello Bob");
    let staying = tokio::spawn(guests.stay());
    gate.until_running(2).await;

    let removing = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.remove("guests").await })
    };
    let error = loop {
        match within("the answer", guests.greet("Eve".into())).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(is_shutting_down(&error) && error.is_retryable(), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains("the service `guests` was removed"), "{error}");
    assert!(!removing.is_finished(), "a call of its own still runs");
    gate.open_for(2);
    within("the call that ran", staying).await.unwrap().unwrap();
    assert_eq!(within("the other service's", earlier).await.unwrap().unwrap(), 1);
    assert!(within("the removal", removing).await.unwrap().unwrap().is_clean());

    // Nobody waits for a notification: it is not dropped.
    within("the notification", guests.leave()).await.unwrap();
    await_until("it is kept", || async { vhost.existing_queue("gate.dead").await.ready == 1 }).await;

    proxy.cut();
    until_epoch(&server, 2).await;
    let error = within("the answer", guests.greet("Eve".into())).await.unwrap_err();
    assert!(is_shutting_down(&error), "{error:?}");
    within("it comes back", server.add(GuestsServer::new(Host(gate)))).await.unwrap();
    assert_eq!(within("the answer", guests.greet("Eve".into())).await.unwrap(), "hello Eve");
}

#[tokio::test]
async fn calls_on_a_shared_queue_that_outlast_the_drain_end_without_those_of_others() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new()
        .service(GateServer::new(gate.clone()))
        .service(GuestsServer::new(Host(gate.clone())))
        .drain_timeout(Duration::from_millis(50));
    let server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let passing = tokio::spawn(GateClient::new(client.clone()).pass(1));
    let staying = tokio::spawn(GuestsClient::new(client).stay());
    gate.until_running(2).await;
    let report = within("the removal", server.remove("guests")).await.unwrap();
    assert_eq!(report.abandoned.len(), 1, "{report:?}");
    // It came again, and it may have run.
    let error = within("the refusal", staying).await.unwrap().unwrap_err();
    assert_eq!(error.execution(), Execution::Unknown, "{error:?}");
    gate.until_running(1).await;
    gate.open_for(1);
    assert_eq!(within("the other's", passing).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn calls_from_before_a_queue_was_shared_end_with_their_service_as_well() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server =
        Server::new().service(GuestsServer::new(Host(gate.clone()))).drain_timeout(Duration::from_millis(50));
    let server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let staying = tokio::spawn(GuestsClient::new(client.clone()).stay());
    gate.until_running(1).await;
    within("the addition", server.add(GateServer::new(gate.clone()))).await.unwrap();
    let passing = tokio::spawn(GateClient::new(client).pass(1));
    gate.until_running(2).await;

    let report = within("the removal", server.remove("guests")).await.unwrap();
    assert_eq!(report.abandoned.len(), 1, "{report:?}");
    let error = within("it was given back", staying).await.unwrap().unwrap_err();
    assert_eq!(error.execution(), Execution::Unknown, "{error:?}");
    gate.until_running(1).await;
    gate.open_for(1);
    assert_eq!(within("the other's", passing).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_change_during_an_outage_fails_and_leaves_nothing_half_done() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(FibServer::new(Fibonacci));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&server).await;
    let error = add_trees(&server).await.unwrap_err();
    assert!(matches!(error, ChangeError::NotConnected(_)), "{error}");
    let error = within("the refusal", server.remove("fib")).await.unwrap_err();
    assert!(matches!(error, ChangeError::NotConnected(_)), "{error}");
    assert_eq!(server.queues(), ["fib"]);

    proxy.refuse(false);
    server.wait_ready(PATIENCE).await.unwrap();
    assert!(!vhost.queue_exists("servers.trees").await);
    assert_eq!(within("the call", FibClient::new(connect(&vhost).await).compute(10)).await.unwrap(), 55);
    add_trees(&server).await.unwrap();
}

#[tokio::test]
async fn a_service_stays_removed_when_its_calls_are_cut_off() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()));
    let server = Arc::new(within("the server", server.start(proxy.uri())).await.unwrap());
    let _call = tokio::spawn(GateClient::new(connect(&vhost).await).pass(1));
    gate.until_running(1).await;
    let removing = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.remove("gate").await })
    };
    await_until("it is removed", || async { server.queues() == ["fib"] }).await;
    proxy.cut();
    let report = within("the loss", removing).await.unwrap().unwrap();
    let abandoned: Vec<_> = report.abandoned.iter().map(|call| call.method).collect();
    assert_eq!(abandoned, ["gate.pass"]);
    until_epoch(&server, 2).await;
    assert_eq!(server.queues(), ["fib"]);
    await_until("its request waits", || async { vhost.existing_queue("gate").await.ready == 1 }).await;
}

#[tokio::test]
async fn a_server_without_services_waits_for_them_and_notices_disconnects() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(FibServer::new(Fibonacci));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    within("the removal", server.remove("fib")).await.unwrap();
    assert_eq!(server.queues(), [""; 0]);
    proxy.cut();
    until_epoch(&server, 2).await;
    add_trees(&server).await.unwrap();
    let trees = TreesClient::new(connect(&vhost).await);
    assert_eq!(within("the call", trees.plant("oak".into())).await.unwrap(), "an oak");
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_service_that_the_broker_refuses_is_not_added_and_the_others_do_not_notice() {
    let mut vhost = Vhost::create().await;
    let permissions = Permissions { configure: ".*", write: ".*", read: "^(amqp-rpc.*|gate.*)$" };
    let user = vhost.add_user("worker", "secret", permissions).await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone()));
    let server = within("the server", server.start(user)).await.unwrap();
    let call = tokio::spawn(GateClient::new(connect(&vhost).await).pass_once(1));
    gate.until_running(1).await;

    let wishes = QueueOptions::new().without_dead_letters();
    for options in [wishes, QueueOptions::new()] {
        let refused = server.add_with(TreesServer::new(Gardener), options);
        let error = within("the refusal", refused).await.unwrap_err();
        assert!(
            matches!(
                error,
                ChangeError::Refused(StartError::AccessRefused { .. } | StartError::QueueMismatch { .. })
            ),
            "{error:?}"
        );
        assert_eq!(server.queues(), ["gate"]);
    }
    let mismatched = server.add_with(GuestsServer::new(Host(gate.clone())), QueueOptions::plain());
    let error = within("the refusal", mismatched).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(StartError::InvalidOption(_))), "{error}");

    gate.open_for(1);
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 1);
    assert_eq!(server.state().epoch(), Some(1), "the connection was not lost");
}
