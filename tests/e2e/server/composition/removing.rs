//! Removing services from a running server.

use std::{sync::Arc, time::Duration};

use amqp_rpc::Server;

use super::add_trees;
use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start, until_epoch,
    },
    support::{Proxy, Vhost, await_until, within},
};

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
    await_until("the queue has no consumer", || async { vhost.existing_queue("gate").await.consumers == 0 })
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
