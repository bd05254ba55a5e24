//! Lookups of a queue and its consumers: after a timeout, and before sending where calls fail fast.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, error::QueueState};

use crate::{
    services::{FibClient, GateClient, Gatekeeper, connect, serve_fib, serve_gate},
    support::{Proxy, Vhost, await_until, proxy::Toward, within},
};

const SHORT: Duration = Duration::from_millis(400);

/// The cause of this call's timeout, as a type and as text.
async fn served<T: std::fmt::Debug, E: std::fmt::Debug + std::fmt::Display>(
    call: impl Future<Output = Result<T, CallError<E>>>,
) -> (Option<QueueState>, String) {
    match within("the timeout", call).await {
        Err(error @ CallError::Timeout(_)) => {
            let text = error.to_string();
            let CallError::Timeout(timeout) = error else { unreachable!() };
            (timeout.queue_state(), text)
        }
        other => panic!("{other:?}"),
    }
}

/// Repeats calls until the broker was not too busy to answer the lookup.
async fn until_said<T, E, F>(call: impl Fn() -> F) -> (Option<QueueState>, String)
where
    T: std::fmt::Debug,
    E: std::fmt::Debug + std::fmt::Display,
    F: Future<Output = Result<T, CallError<E>>>,
{
    let said = async {
        loop {
            let (served, text) = served(call()).await;
            if served.is_some() {
                return (served, text);
            }
        }
    };
    within("the broker to say", said).await
}

#[tokio::test]
async fn a_timeout_says_that_a_server_consumes_the_queue_and_did_not_answer() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let gates = GateClient::new(connect(&vhost).await);
    let (served, text) = until_said(|| gates.pass(1).timeout(SHORT)).await;
    assert!(matches!(served, Some(QueueState::Consumed { consumers: 1, waiting: 0, .. })), "{served:?}");
    assert!(text.contains("queue `gate` has 1 consumer, and no request waits"), "{text}");
}

#[tokio::test]
async fn a_timeout_says_that_the_queue_has_no_consumer_and_how_many_requests_wait() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    let patient = tokio::spawn(fib.whoami());
    await_until("the first request waits", || async { vhost.existing_queue("fib").await.ready == 1 }).await;
    let (served, text) = until_said(|| fib.compute(1).timeout(SHORT)).await;
    assert!(matches!(served, Some(QueueState::NoConsumer { waiting: 2, .. })), "{served:?}");
    assert!(text.contains("queue `fib` has no consumer, and 2 requests wait"), "{text}");
    patient.abort();
}

#[tokio::test]
async fn a_timeout_says_that_the_queue_is_gone() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    let call = tokio::spawn(fib.compute(1).timeout(Duration::from_secs(4)));
    await_until("the request waits", || async { vhost.existing_queue("fib").await.ready == 1 }).await;
    vhost.delete_queue("fib").await;
    let (served, text) = served(async { call.await.unwrap() }).await;
    assert_eq!(served, Some(QueueState::Missing));
    assert!(text.contains("queue `fib` does not exist"), "{text}");
}

#[tokio::test]
async fn a_broker_that_does_not_answer_the_queue_lookup_delays_no_timeout() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let fib = FibClient::new(Client::connect(format!("{}?heartbeat=60", proxy.uri())).await.unwrap());
    fib.compute(1).await.unwrap();
    proxy.stall(true);
    let (served, _) = served(fib.compute(1).timeout(SHORT)).await;
    assert_eq!(served, None);
}

#[tokio::test]
async fn a_fail_fast_call_to_a_queue_without_consumer_is_refused() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let client =
        Client::builder().fail_fast().timeout(Duration::from_secs(600)).connect(vhost.uri()).await.unwrap();
    let fib = FibClient::new(client);
    let error = within("the refusal", fib.compute(1)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::NoConsumer(none) if none.queue() == "fib" && none.waiting() == 0),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    assert!(vhost.existing_queue("fib").await.is_settled(), "nothing was sent");

    let _server = serve_fib(&vhost).await;
    await_until("the server is found", || async { fib.compute(10).await.is_ok() }).await;
}

#[tokio::test]
async fn fail_fast_calls_share_one_queue_lookup() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let fib = FibClient::new(Client::connect(proxy.uri()).await.unwrap());
    let declared =
        || proxy.methods(Toward::Broker).iter().filter(|method| *method == "queue.declare").count();
    let before = declared();
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(fib.compute(10).fail_fast())).collect();
    for call in calls {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), 55);
    }
    // A second may pass on a busy machine.
    assert!((1..=3).contains(&(declared() - before)), "{}", declared() - before);
}

#[tokio::test]
async fn a_fail_fast_call_without_a_queue_is_unroutable() {
    let vhost = Vhost::create().await;
    let _other = serve_fib(&vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let error = within("the refusal", gates.echo(1).fail_fast()).await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
}
