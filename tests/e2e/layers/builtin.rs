//! The built-in layers that limit, authorize, cancel and catch calls.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode, Server,
    layers::{Authorize, CatchPanic, ConcurrencyLimit, LoadShed, RateLimit, Timeout},
    middleware::{self, IncomingCall, Next, Reply},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start},
    support::{Log, Vhost, await_until, within},
};

pub(super) fn gate_with<L>(gate: &Gatekeeper, layer: L) -> Server
where
    L: tower_layer::Layer<amqp_rpc::middleware::BoxService> + Send + Sync + 'static,
    L::Service: amqp_rpc::middleware::RpcService,
{
    Server::new().service(GateServer::new(gate.clone())).layer(layer)
}

fn code<E>(error: &CallError<E>) -> Option<&FaultCode> {
    match error {
        CallError::Fault(fault) => Some(fault.code()),
        _ => None,
    }
}

/// Waits until the server has refused an expired call: the caller got the fault, or timed out just before.
pub(crate) async fn until_expired<E: std::fmt::Debug>(client: &Client, error: &CallError<E>) {
    if code(error) == Some(&FaultCode::Expired) {
        return;
    }
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    await_until("the server's answer, too late", || async { client.stats().late_replies == 1 }).await;
}

#[tokio::test]
async fn calls_above_the_bound_of_load_shed_are_overloaded_at_once() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, LoadShed::above(2)), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let running: Vec<_> = (0..2).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(2).await;
    let error = gates.pass(2).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Overloaded), Execution::Never));
    assert!(error.is_retryable());
    gate.open_for(2);
    for call in running {
        within("what runs", call).await.unwrap().unwrap();
    }
    assert_eq!(gates.echo(3).await.unwrap(), 3, "there is room again");
}

#[tokio::test]
async fn a_method_at_its_limit_waits_and_others_do_not() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, ConcurrencyLimit::new().of("gate.pass", 1)), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let calls: Vec<_> = (0..3).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(1).await;
    assert_eq!(gates.echo(7).await.unwrap(), 7, "another method");
    let late = gates.pass(8).timeout(Duration::from_millis(50)).await.unwrap_err();
    until_expired(&client, &late).await;
    gate.open_for(3);
    for call in calls {
        within("a call that waited", call).await.unwrap().unwrap();
    }
    assert_eq!((gate.most_running(), gate.started()), (1, 3), "what waited too long did not run");
}

#[tokio::test]
async fn calls_above_the_rate_are_overloaded_per_caller() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let limit = RateLimit::new(2, Duration::from_secs(3600)).per_caller();
    let _server = start(gate_with(&gate, limit), &vhost).await;
    let unnamed = GateClient::new(connect(&vhost).await);
    let named = Client::builder().send_user_id().connect(vhost.uri()).await.unwrap();
    let named = GateClient::new(named);
    for gates in [&unnamed, &named] {
        for tag in 0..2 {
            assert_eq!(gates.echo(tag).await.unwrap(), tag);
        }
        let error = gates.echo(2).await.unwrap_err();
        assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Overloaded), Execution::Never));
    }
}

#[tokio::test]
async fn a_call_is_unauthorized_unless_the_async_check_allows_it() {
    let vhost = Vhost::create().await;
    let (questions, mut authority) = mpsc::unbounded_channel::<(Option<String>, oneshot::Sender<bool>)>();
    let allowed = move |call: &IncomingCall| {
        let (answer, answered) = oneshot::channel();
        let token = call.context().headers().text("token").map(str::to_owned);
        questions.send((token, answer)).expect("the authority lives");
        async move { answered.await.unwrap_or(false) }
    };
    let asked = tokio::spawn(async move {
        while let Some((token, answer)) = authority.recv().await {
            let _ = answer.send(token.as_deref() == Some("s3same"));
        }
    });
    let server = Server::new().service(FibServer::new(Fibonacci)).layer(Authorize::by(allowed));
    let _server = start(server, &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    assert_eq!(fib.compute(10).header("token", "s3same").await.unwrap(), 55);
    let error = fib.compute(10).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::Unauthorized), Execution::Never));
    asked.abort();
}

#[tokio::test]
async fn each_method_is_cancelled_after_its_own_time() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let limits = Timeout::after(Duration::from_secs(3600)).of("gate.pass", Duration::from_millis(50));
    let _server = start(gate_with(&gate, limits), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let patient = tokio::spawn(gates.pass_once(1));
    gate.until_running(1).await;
    let error = gates.pass(2).await.unwrap_err();
    assert_eq!((code(&error), error.execution()), (Some(&FaultCode::DeadlineExceeded), Execution::Unknown));
    gate.until_running(1).await;
    gate.open_for(1);
    assert_eq!(within("the other", patient).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_panic_that_is_caught_inside_is_a_fault_for_the_layers_outside() {
    let vhost = Vhost::create().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = {
        let seen = Arc::clone(&seen);
        middleware::from_fn(move |call: IncomingCall, next: Next| {
            let seen = Arc::clone(&seen);
            async move {
                let outcome: Result<Reply, Fault> = next.run(call).await;
                let fault = outcome.as_ref().err().cloned();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                outcome
            }
        })
    };
    let gate = Gatekeeper::closed();
    let _server = start(gate_with(&gate, noting).layer(CatchPanic::new()), &vhost).await;
    let log = Log::listen();
    let error = GateClient::new(connect(&vhost).await).panic("for the log".into()).await.unwrap_err();
    assert!(!error.to_string().contains("for the log"), "{error}");
    let seen = seen.lock().unwrap().clone();
    let [Some(fault)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((fault.code(), fault.detail()), (&FaultCode::Panicked, Some("for the log")));
    assert_eq!(log.failures().len(), 1, "{:#?}", log.failures());
}
