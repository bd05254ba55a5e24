//! A full queue: further requests are answered `overloaded` at once, and none is dropped silently.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, RunningServer, Server,
    client::ReplyTo,
    error::StartError,
    server::{QueueOptions, QueueType},
};
use amqp_rpc_broker::{
    Broker, Like,
    faults::{Action, Matcher, Method},
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

/// A broker that follows LavinMQ's rules, and a server of one call at a time with room for one more, both
/// taken. The client is the one of the calls.
async fn full_on_lavinmq() -> (Broker, RunningServer, Gatekeeper, Client) {
    let broker = Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port");
    let gate = Gatekeeper::closed();
    let options = QueueOptions::new().max_length(1);
    let server = Server::new().service_with(GateServer::new(gate.clone()), options).concurrency(1);
    let server = within("the server", server.start(broker.uri())).await.expect("it starts");
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(broker.uri()).await;
    let client = client.expect("the client connects");
    let gates = GateClient::new(client.clone());
    tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    tokio::spawn(gates.pass(2));
    until_waiting(&broker, 1).await;
    (broker, server, gate, client)
}

async fn until_waiting(broker: &Broker, requests: usize) {
    let vhost = broker.vhost("/").expect("it is always there");
    await_until("so many wait", || async {
        vhost.queue("gate").await.expect("it is declared").ready == requests
    })
    .await;
}

fn lookups() -> Matcher {
    Matcher::from_client(Method::QueueDeclare).queue("gate")
}

#[tokio::test]
async fn on_lavinmq_calls_that_a_full_queue_returns_are_overloaded_and_share_their_lookup() {
    let (broker, _server, gate, client) = full_on_lavinmq().await;
    let recording = broker.record();
    let gates = GateClient::new(client);
    let calls: Vec<_> = (0..200).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    for call in calls {
        let error = within("the refusal", call).await.unwrap().unwrap_err();
        assert!(
            matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded),
            "{error:?}"
        );
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
        assert!(error.to_string().contains("queue `gate` is full"), "{error}");
    }
    let lookups = recording.frames().count(&lookups());
    assert!((1..=20).contains(&lookups), "{lookups} lookups for 200 calls");
    assert_eq!(gate.started(), 1, "what was refused has not run");
}

#[tokio::test]
async fn on_lavinmq_a_request_that_no_queue_takes_is_unroutable_as_elsewhere() {
    let (broker, _server, gate, client) = full_on_lavinmq().await;
    gate.open_for(2);
    until_waiting(&broker, 0).await;
    // The queue is there and has room, but no binding for this key.
    let error =
        within("the return", client.call_json("gate.unbound", serde_json::Value::Null)).await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error:?}");
    // The queue is not there.
    let error =
        within("the return", client.call_json("fib.compute", serde_json::Value::Null)).await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn on_lavinmq_a_call_that_is_returned_is_unroutable_where_the_broker_does_not_say_why() {
    for silence in [Action::Drop, Action::CloseChannel(403, "ACCESS_REFUSED - on purpose".into())] {
        let (broker, _server, _gate, client) = full_on_lavinmq().await;
        let _silence = broker.on(lookups(), silence);
        let error = within("the return", GateClient::new(client).pass(3)).await.unwrap_err();
        assert!(matches!(&error, CallError::Unroutable(_)), "{error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    }
}

#[tokio::test]
async fn on_lavinmq_a_call_without_time_for_a_lookup_ends_at_its_timeout() {
    let (broker, _server, _gate, client) = full_on_lavinmq().await;
    let _silence = broker.on(lookups(), Action::Drop);
    let returned = GateClient::new(client).pass(3).timeout(Duration::from_millis(200));
    let error =
        tokio::time::timeout(Duration::from_millis(900), returned).await.expect("long before").unwrap_err();
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true), "{error:?}");
}
