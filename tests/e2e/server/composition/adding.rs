//! Adding services to a running server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    Server,
    error::{ChangeError, StartError},
    middleware::{self, IncomingCall, Next},
    server::QueueOptions,
};

use super::{Gardener, GuestsServer, Host, TreesClient, TreesServer, add_trees};
use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, until_connecting,
        until_epoch,
    },
    support::{Permissions, Proxy, Vhost, await_until, within},
};

const TIMEOUT: Duration = Duration::from_secs(20);

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
async fn a_service_that_the_broker_refuses_is_not_added_and_the_others_do_not_notice() {
    let mut vhost = Vhost::create().await;
    let permissions = Permissions { configure: ".*", write: ".*", read: "^(amqp-rpc.*|gate.*)$|->" };
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
    server.wait_ready(TIMEOUT).await.unwrap();
    assert!(!vhost.queue_exists("servers.trees").await);
    assert_eq!(within("the call", FibClient::new(connect(&vhost).await).compute(10)).await.unwrap(), 55);
    add_trees(&server).await.unwrap();
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
