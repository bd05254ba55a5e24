//! Refusals of redelivered requests, which an earlier server may have run.

use amqp_rpc::{
    CallError, Client, ConnectOptions, Execution, Fault, FaultCode, Server,
    client::ReplyTo,
    middleware::{self, IncomingCall, Next, Reply},
};

use amqp_rpc_broker::faults::{Action, Matcher, Method};

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_fib, start,
    },
    support::{RawPeer, Vhost, await_until, embedded_broker, within},
};

async fn refuse_all(_call: IncomingCall, _next: Next) -> Result<Reply, Fault> {
    Err(Fault::new(FaultCode::Overloaded, "too much to do"))
}

#[tokio::test]
async fn a_server_that_refuses_a_redelivered_request_does_not_say_that_it_never_ran() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    let call = tokio::spawn(fib.whoami());
    // A server that may have started the request and is gone before it answers.
    let dying = RawPeer::connect(&vhost.uri()).await;
    dying.consume("fib", 1).await.next().await;
    dying.close().await;

    let _server = start(
        Server::new().service(FibServer::new(Fibonacci)).layer(middleware::from_fn(refuse_all)),
        &vhost,
    )
    .await;
    let error = within("the answer", call).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert!(error.to_string().contains("too much to do"), "{error}");

    let error = within("the next refusal", fib.whoami()).await.unwrap_err();
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true), "{error:?}");
}

/// Runs on the embedded broker, which can break a connection between two frames.
#[tokio::test]
async fn a_call_that_was_refused_is_run_by_no_other_server() {
    let broker = embedded_broker().start().await.unwrap();
    let gate = Gatekeeper::closed();
    gate.open_for(1);
    let serve = || Server::new().service(GateServer::new(gate.clone()));
    let refusing = serve().layer(middleware::from_fn(refuse_all)).start(broker.uri()).await.unwrap();
    let gates = GateClient::new(Client::connect(broker.uri()).await.unwrap());
    // The refusal is the last frame that this server sends.
    let crash = broker.on(Matcher::from_client(Method::BasicPublish).exchange("").nth(1), Action::BreakAfter);
    let error = within("the refusal", gates.pass(1)).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error:?}");
    crash.hit().await;
    drop(refusing);

    let _other = serve().start(broker.uri()).await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    await_until("the queue is empty", || async {
        vhost.queue("gate").await.is_some_and(|queue| queue.ready + queue.unacked == 0)
    })
    .await;
    assert_eq!(gate.started(), 0, "it has run, against what its caller was told");
}

/// Refusal and acknowledgement use separate connections: the one that has the request is lost while the
/// publisher confirm of the refusal is on its way.
#[tokio::test]
async fn a_direct_call_that_was_refused_is_run_by_no_other_server() {
    let broker = embedded_broker().start().await.unwrap();
    let gate = Gatekeeper::closed();
    gate.open_for(1);
    let serve = || Server::new().service(GateServer::new(gate.clone()));
    let name = ConnectOptions::new(broker.uri()).name("refusing");
    let refusing = serve().layer(middleware::from_fn(refuse_all)).start(name).await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let requests = vhost.connection("refusing").await.expect("it is open");
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(broker.uri()).await.unwrap();
    let gates = GateClient::new(client);

    let _no_confirm = broker.on(Matcher::to_client(Method::BasicAck), Action::Stall);
    let acknowledged = broker.on(Matcher::from_client(Method::BasicAck), Action::Pass);
    let error = within("the refusal", gates.pass(1)).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error:?}");
    within("the acknowledgement", acknowledged.hit()).await;
    requests.reset();
    drop(refusing);

    let _other = serve().start(broker.uri()).await.unwrap();
    await_until("the queue is empty", || async {
        vhost.queue("gate").await.is_some_and(|queue| queue.ready + queue.unacked == 0)
    })
    .await;
    assert_eq!(gate.started(), 0, "it has run, against what its caller was told");
}

/// The acknowledgement is lost with its connection, the refusal leaves over the other one.
#[tokio::test]
async fn a_direct_refusal_does_not_overtake_the_acknowledgement_of_its_request() {
    let broker = embedded_broker().start().await.unwrap();
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(broker.uri()).await.unwrap();
    let gates = GateClient::new(client);
    for attempt in 0..10 {
        let gate = Gatekeeper::closed();
        gate.open_for(2);
        let serve = || Server::new().service(GateServer::new(gate.clone()));
        let name = ConnectOptions::new(broker.uri()).name("refusing");
        let refusing = serve().layer(middleware::from_fn(refuse_all)).start(name).await.unwrap();
        // Opens the second connection.
        within("the first refusal", gates.pass(1)).await.unwrap_err();
        let acknowledgement = Matcher::from_client(Method::BasicAck).connection("refusing");
        let loss = broker.on(acknowledgement.nth(1), Action::Reset);
        let call = tokio::spawn(gates.pass(2));
        within("the loss", loss.hit()).await;
        drop(refusing);

        let _other = serve().start(broker.uri()).await.unwrap();
        let outcome = within("the outcome", call).await.unwrap();
        let vhost = broker.vhost("/").unwrap();
        await_until("the queue is empty", || async {
            vhost.queue("gate").await.is_some_and(|queue| queue.ready + queue.unacked == 0)
        })
        .await;
        if outcome.is_err_and(|error| error.execution() == Execution::Never) {
            assert_eq!(gate.started(), 0, "attempt {attempt}: it has run, against what its caller was told");
        }
    }
}
