//! Faults of the broker as a server sees them: closed channels, cancelled consumers, blocking, revoked
//! permissions.

use std::time::Duration;

use amqp_rpc::{Client, ConnectOptions, RunningServer, Server, connect::ConnectionState};
use amqp_rpc_broker::{
    Broker, Permissions,
    faults::{Action, Matcher, Method},
};

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, until_connecting, until_epoch,
    },
    support::{await_until, blocking_broker, embedded_broker, within},
};

async fn serve(broker: &Broker, gate: &Gatekeeper) -> RunningServer {
    serve_at(broker.uri(), gate).await
}

async fn serve_at(uri: String, gate: &Gatekeeper) -> RunningServer {
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .service(GateServer::new(gate.clone()))
        .concurrency(4);
    let start = server.start(ConnectOptions::new(uri).name("server"));
    within("the server to start", start).await.expect("the server starts")
}

async fn client(broker: &Broker) -> Client {
    let client = Client::builder().timeout(Duration::from_secs(30)).connect(broker.uri());
    within("the client to connect", client).await.expect("the client connects")
}

#[tokio::test]
async fn a_server_that_loses_its_channel_alone_serves_on() {
    let broker = embedded_broker().start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let gate = Gatekeeper::closed();
    let server = serve(&broker, &gate).await;
    let gates = GateClient::new(client(&broker).await);
    let call = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    // RabbitMQ closes the channel of a consumer that has not acknowledged for half an hour.
    let server_connection = vhost.connection("server").await.unwrap();
    server_connection.close_channel(1, 406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
    until_epoch(&server, 2).await;
    gate.open_for(1);
    assert_eq!(within("the answer", call).await.unwrap().unwrap(), 1);
    await_until("the old connection is closed", || async { vhost.connection_count().await == 2 }).await;
}

#[tokio::test]
async fn a_cancelled_consumer_is_recreated_and_its_calls_are_answered() {
    let broker = embedded_broker().start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let gate = Gatekeeper::closed();
    let server = serve(&broker, &gate).await;
    let gates = GateClient::new(client(&broker).await);
    let call = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    for tag in 0..3 {
        assert_eq!(vhost.cancel_consumers("gate").await, 1);
        assert_eq!(within("a call to the next consumer", gates.echo(tag)).await.unwrap(), tag);
    }
    gate.open_for(1);
    assert_eq!(within("the call that ran all the while", call).await.unwrap().unwrap(), 1);
    assert_eq!(gate.started(), 1, "it ran once");
    assert_eq!(server.state().epoch(), Some(1));
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    let queue = vhost.queue("gate").await.unwrap();
    assert_eq!((queue.ready, queue.unacked, queue.consumers), (0, 0, 0));
}

#[tokio::test]
async fn a_blocked_connection_shows_in_the_servers_state() {
    let broker = blocking_broker().start().await.unwrap();
    let gate = Gatekeeper::closed();
    let server = serve(&broker, &gate).await;
    let mut states = server.state_changes();
    let gates = GateClient::new(client(&broker).await);
    let call = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    broker.block("low on memory");
    // The broker tells connections that publish: here, with the reply.
    gate.open_for(1);
    loop {
        match within("the block", states.changed()).await.unwrap() {
            ConnectionState::Blocked { epoch, reason, .. } => {
                assert_eq!((epoch, &*reason), (1, "low on memory"));
                break;
            }
            other => assert!(other.is_ready(), "{other}"),
        }
    }
    broker.unblock();
    until_epoch(&server, 1).await;
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_permission_missing_after_a_reconnect_is_named_and_waited_for() {
    // On LavinMQ a server needs no permission to declare again what exists.
    let broker = Broker::start().await.unwrap();
    let all = || Permissions::new(".*", ".*", ".*").unwrap();
    broker.add_user("worker", "secret");
    broker.set_permissions("worker", "/", all());
    let server = serve_at(broker.uri_as("worker", "secret", "/"), &Gatekeeper::closed()).await;
    broker.set_permissions("worker", "/", Permissions::new("^$", ".*", ".*").unwrap());
    broker.vhost("/").unwrap().connection("server").await.unwrap().reset();
    until_connecting(&server).await;
    await_until("the state says what is wrong", || async {
        let state = server.state().to_string();
        assert!(!state.contains("secret"), "{state}");
        state.contains("user `worker` may not declare")
    })
    .await;
    broker.set_permissions("worker", "/", all());
    until_epoch(&server, 2).await;
    let fib = FibClient::new(client(&broker).await);
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
}

#[tokio::test]
async fn a_server_outlives_a_restart_and_a_crash_of_its_broker() {
    let broker = embedded_broker().start().await.unwrap();
    let server = serve(&broker, &Gatekeeper::closed()).await;
    broker.restart().await.unwrap();
    until_epoch(&server, 2).await;
    broker.crash().await;
    until_connecting(&server).await;
    broker.start_again().await.unwrap();
    until_epoch(&server, 3).await;
    let fib = FibClient::new(client(&broker).await);
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
}

#[tokio::test]
async fn a_lost_acknowledgement_costs_the_connection_and_no_call() {
    let broker = embedded_broker().start().await.unwrap();
    let gate = Gatekeeper::closed();
    let server = serve(&broker, &gate).await;
    let gates = GateClient::new(client(&broker).await);
    // The reply was sent, its acknowledgement never arrives: the request is delivered again, and the second
    // reply is dropped.
    let ack = Matcher::from_client(Method::BasicAck).connection("server").nth(1);
    let _rule = broker.on(ack, Action::Reset);
    assert_eq!(within("the answer", gates.echo(1)).await.unwrap(), 1);
    until_epoch(&server, 2).await;
    let vhost = broker.vhost("/").unwrap();
    await_until("the request is settled", || async {
        let queue = vhost.queue("gate").await.unwrap();
        queue.consumers == 1 && queue.ready == 0 && queue.unacked == 0
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_while_the_server_begins_to_consume_again_runs_what_was_delivered() {
    let broker = embedded_broker().start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let gate = Gatekeeper::closed();
    let server = serve(&broker, &gate).await;
    let gates = GateClient::new(client(&broker).await);
    // `fib` is consumed first, `gate` second; then nothing more reaches the server.
    let second = Matcher::to_client(Method::BasicConsumeOk).connection("server").nth(2);
    let silence = broker.on(second, Action::Stall);
    vhost.connection("server").await.unwrap().reset();
    let call = tokio::spawn(gates.pass_once(1));
    await_until("the request is delivered", || async { vhost.queue("gate").await.unwrap().unacked == 1 })
        .await;

    let shutdown = tokio::spawn(server.shutdown());
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    drop(silence);
    gate.open_for(1);
    assert_eq!(within("the answer, not `maybe_executed`", call).await.unwrap().unwrap(), 1);
    assert!(within("the shutdown", shutdown).await.unwrap().unwrap().is_clean());
}

#[tokio::test]
async fn a_queue_that_hangs_after_a_reconnect_does_not_stop_the_others() {
    let broker = embedded_broker().start().await.unwrap();
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .service(GateServer::new(Gatekeeper::closed()))
        .start(ConnectOptions::new(broker.uri()).name("server").timeout(Duration::from_secs(4)));
    let server = within("the server to start", server).await.unwrap();
    // As a quorum queue without leader does: no answer, and no refusal.
    let hang = broker.on(Matcher::from_client(Method::QueueDeclare).queue("fib"), Action::Drop);
    broker.vhost("/").unwrap().connection("server").await.unwrap().reset();
    until_epoch(&server, 2).await;
    let client = client(&broker).await;
    assert_eq!(within("the other queue", GateClient::new(client.clone()).echo(1)).await.unwrap(), 1);

    drop(hang);
    let fib = FibClient::new(client);
    assert_eq!(within("the queue that hung", fib.compute(10)).await.unwrap(), 55);
    assert_eq!(server.state().epoch(), Some(2), "the other queue is served meanwhile");
}
