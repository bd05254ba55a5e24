//! Services that share a queue, and join or leave it while the server runs.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{CallError, Execution, FaultCode, Server};

use super::{GuestsClient, GuestsServer, Host};
use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, start, until_epoch},
    support::{Proxy, Vhost, await_until, within},
};

fn is_shutting_down<E>(error: &CallError<E>) -> bool {
    matches!(error, CallError::Fault(fault) if *fault.code() == FaultCode::ShuttingDown)
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
    assert!(!removing.is_finished(), "one of its calls still runs");
    gate.open_for(2);
    within("the call that ran", staying).await.unwrap().unwrap();
    assert_eq!(within("the other service's", earlier).await.unwrap().unwrap(), 1);
    assert!(within("the removal", removing).await.unwrap().unwrap().is_clean());

    // A notification has no caller to answer: it becomes a dead letter.
    within("the notification", guests.leave()).await.unwrap();
    await_until("it is kept", || async { vhost.existing_queue("gate.dead").await.ready == 1 }).await;

    proxy.cut();
    until_epoch(&server, 2).await;
    let error = within("the answer", guests.greet("Eve".into())).await.unwrap_err();
    assert!(is_shutting_down(&error), "{error:?}");
    within("the addition", server.add(GuestsServer::new(Host(gate)))).await.unwrap();
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
    // It was redelivered and may have run.
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
    let error = within("it was requeued", staying).await.unwrap().unwrap_err();
    assert_eq!(error.execution(), Execution::Unknown, "{error:?}");
    gate.until_running(1).await;
    gate.open_for(1);
    assert_eq!(within("the other's", passing).await.unwrap().unwrap(), 1);
}
