//! Layers of the tower crate around servers and clients.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode, Server,
    error::Phase,
    layers::{FromTower, from_tower},
};
use tower::{
    BoxError,
    limit::{ConcurrencyLimitLayer, RateLimitLayer},
    load_shed::LoadShedLayer,
    retry::{Policy, RetryLayer},
    timeout::TimeoutLayer,
    util::MapRequestLayer,
};
use tower_layer::Stack;

use super::builtin::until_expired;
use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, start},
    support::{Vhost, within},
};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(3600);

fn gate(gate: &Gatekeeper) -> Server {
    Server::new().service(GateServer::new(gate.clone()))
}

/// At most `calls` at once; others are refused.
fn shedding(calls: usize) -> FromTower<Stack<ConcurrencyLimitLayer, LoadShedLayer>> {
    from_tower(Stack::new(ConcurrencyLimitLayer::new(calls), LoadShedLayer::new()))
}

fn code<E>(error: &CallError<E>) -> Option<(&FaultCode, Execution)> {
    match error {
        CallError::Fault(fault) => Some((fault.code(), fault.execution())),
        _ => None,
    }
}

#[tokio::test]
async fn tower_s_timeout_is_deadline_exceeded() {
    let vhost = Vhost::create().await;
    let keeper = Gatekeeper::closed();
    let _server = start(gate(&keeper).layer(from_tower(TimeoutLayer::new(SHORT))), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let error = gates.pass(1).await.unwrap_err();
    assert_eq!(code(&error), Some((&FaultCode::DeadlineExceeded, Execution::Unknown)), "{error}");
    keeper.until_running(0).await;
    assert_eq!(gates.echo(2).await.unwrap(), 2);
}

#[tokio::test]
async fn tower_s_concurrency_limit_lets_calls_wait_and_its_load_shed_refuses_them() {
    let vhost = Vhost::create().await;
    let keeper = Gatekeeper::closed();
    let server = start(gate(&keeper).layer(from_tower(ConcurrencyLimitLayer::new(1))), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let calls: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    keeper.until_running(1).await;
    let late = gates.pass(99).timeout(SHORT).await.unwrap_err();
    until_expired(&client, &late).await;
    keeper.open_for(20);
    for call in calls {
        within("a call that waited", call).await.unwrap().unwrap();
    }
    assert_eq!((keeper.most_running(), keeper.started()), (1, 20), "what waited too long did not run");
    within("the server to stop", server.shutdown()).await.unwrap();

    let _server = start(gate(&keeper).layer(shedding(1)), &vhost).await;
    let running = tokio::spawn(gates.pass(1));
    keeper.until_running(1).await;
    let error = gates.echo(2).await.unwrap_err();
    assert_eq!(code(&error), Some((&FaultCode::Overloaded, Execution::Never)), "{error}");
    keeper.open_for(1);
    within("what runs", running).await.unwrap().unwrap();
    assert_eq!(gates.echo(3).await.unwrap(), 3);
}

#[tokio::test]
async fn tower_s_rate_limit_which_is_not_clone_lets_no_more_pass() {
    let vhost = Vhost::create().await;
    let keeper = Gatekeeper::closed();
    let _server = start(gate(&keeper).layer(from_tower(RateLimitLayer::new(3, LONG))), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    for tag in 0..3 {
        assert_eq!(gates.echo(tag).await.unwrap(), tag);
    }
    let error = gates.pass(4).timeout(SHORT).await.unwrap_err();
    until_expired(&client, &error).await;
    assert_eq!(keeper.started(), 0);
}

#[tokio::test]
async fn the_server_maps_the_error_of_a_layer_and_faults_pass_unchanged() {
    let vhost = Vhost::create().await;
    let keeper = Gatekeeper::closed();
    let own = shedding(0).map_err(|error: BoxError| Fault::new(FaultCode::from("closed"), error.to_string()));
    let _server = start(gate(&keeper).layer(own), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let error = gates.echo(1).await.unwrap_err();
    assert!(error.to_string().starts_with("closed: "), "{error}");

    let other = Vhost::create().await;
    let _server = start(gate(&keeper).layer(from_tower(TimeoutLayer::new(LONG))), &other).await;
    let error = GateClient::new(connect(&other).await).panic("expected".into()).await.unwrap_err();
    assert_eq!(code(&error), Some((&FaultCode::Panicked, Execution::Unknown)), "{error}");
}

/// Retries a refused call once.
#[derive(Clone)]
struct Once(bool);

impl<C: Clone, A> Policy<C, A, CallError<amqp_rpc::contract::NoError>> for Once {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut C,
        outcome: &mut Result<A, CallError<amqp_rpc::contract::NoError>>,
    ) -> Option<Self::Future> {
        let again = outcome.as_ref().is_err_and(CallError::is_retryable) && !self.0;
        self.0 = true;
        again.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, call: &C) -> Option<C> {
        Some(call.clone())
    }
}

#[tokio::test]
async fn tower_layers_work_around_clients_as_well() {
    let vhost = Vhost::create().await;
    let keeper = Gatekeeper::closed();
    let _server = start(gate(&keeper), &vhost).await;
    let timed = Client::builder().layer(from_tower(TimeoutLayer::new(SHORT))).connect(vhost.uri());
    let error = GateClient::new(timed.await.unwrap()).pass(1).await.unwrap_err();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{error}");

    let shed = Client::builder().layer(shedding(0)).connect(vhost.uri()).await.unwrap();
    let error = GateClient::new(shed).echo(1).await.unwrap_err();
    assert_eq!(code(&error), Some((&FaultCode::Overloaded, Execution::Never)), "{error}");

    // A layer waits no longer than the caller.
    let closed = Client::builder().layer(from_tower(ConcurrencyLimitLayer::new(0))).connect(vhost.uri());
    let error = GateClient::new(closed.await.unwrap()).echo(1).timeout(SHORT).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::WaitingToSend),
        "{error}"
    );

    // The first attempt finds no server.
    let mut attempts = 0;
    let first_astray = MapRequestLayer::new(move |mut call: amqp_rpc::middleware::OutgoingCall| {
        attempts += 1;
        if attempts == 1 {
            call.shorten_timeout(Duration::ZERO);
        }
        call
    });
    let again = Client::builder()
        .layer(from_tower(RetryLayer::new(Once(false))))
        .layer(from_tower(first_astray))
        .connect(vhost.uri());
    assert_eq!(GateClient::new(again.await.unwrap()).echo(5).await.unwrap(), 5);
}
