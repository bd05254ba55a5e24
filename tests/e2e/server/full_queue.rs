//! A full queue: further requests are answered `overloaded` at once, and none is dropped silently.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, Server,
    client::ReplyTo,
    error::StartError,
    server::{QueueOptions, QueueType},
};

use crate::{
    services::{GateClient, GateServer, Gatekeeper, start},
    support::{Vhost, await_until, within},
};

#[tokio::test]
async fn a_request_to_a_full_queue_is_answered_overloaded_at_once() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let options = QueueOptions::new().max_length(2);
    let server = Server::new().service_with(GateServer::new(gate.clone()), options).concurrency(1);
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["gate"]);
    for reply_to in [ReplyTo::ExclusiveQueue, ReplyTo::Direct] {
        let client =
            Client::builder().timeout(Duration::from_secs(600)).reply_to(reply_to).connect(vhost.uri());
        let gates = GateClient::new(client.await.unwrap());
        let running = tokio::spawn(gates.pass(1));
        gate.until_running(1).await;
        let waiting = [tokio::spawn(gates.pass(2)), tokio::spawn(gates.pass(3))];
        await_until("two requests wait", || async { vhost.existing_queue("gate").await.ready == 2 }).await;

        for tag in 4..10 {
            let error = within("the refusal", gates.pass(tag)).await.unwrap_err();
            assert!(
                matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded),
                "{error:?}"
            );
            assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
            assert!(error.to_string().contains("queue `gate` is full"), "{error}");
        }
        gate.open_for(3);
        within("the call that ran", running).await.unwrap().unwrap();
        for call in waiting {
            within("a call that waited", call).await.unwrap().unwrap();
        }
    }
    assert_eq!(gate.started(), 6, "what was refused has not run");
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0);
    await_until("the overflow is settled", || async {
        vhost.existing_queue("gate.overflow").await.is_settled()
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_would_drop_requests_silently_is_refused() {
    let vhost = Vhost::create().await;
    let dropping = QueueOptions::new().argument("x-max-length", 5);
    // Requests are published without waiting for confirms: a rejected request is as lost as a dropped one.
    let refusing =
        QueueOptions::new().argument("x-max-length-bytes", 5).argument("x-overflow", "reject-publish");
    let by_hand =
        QueueOptions::new().argument("x-max-length", 5).argument("x-overflow", "reject-publish-dlx");
    let undone = QueueOptions::new().max_length(5).argument("x-overflow", "drop-head");
    let silent = QueueOptions::new().max_length(5).queue_type(QueueType::Quorum);
    for options in [dropping, refusing, by_hand, undone, silent] {
        let server = Server::new().service_with(GateServer::new(Gatekeeper::closed()), options);
        let error = server.start(vhost.uri()).await.unwrap_err();
        assert!(matches!(&error, StartError::InvalidOption(why) if why.contains("max_length")), "{error:?}");
    }
    assert_eq!(vhost.queues().await, [""; 0]);
}
