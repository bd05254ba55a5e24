//! The blocking client, for threads without a runtime.

use std::{
    thread,
    time::{Duration, Instant},
};

use amqp_rpc::{
    CallError, Execution, Server,
    client::blocking::{self, Wait},
    error::{CannotBlock, ConnectError},
    middleware::Reply,
    server::RawService,
};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    services::{FibClient, FibError, GateClient, Gatekeeper, connect, serve_fib, serve_gate, start},
    support::{Proxy, Vhost, within},
};

#[amqp_rpc::rpc_service]
trait Letters {
    #[rpc(notify)]
    async fn send(&self, to: String);
    #[rpc(event)]
    async fn sent(&self, to: String);
}

/// Runs `body` on a thread outside of any runtime.
async fn on_a_thread<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = oneshot::channel();
    let thread = thread::spawn(move || {
        let _ = done.send(body());
    });
    let result = within("the thread", result).await;
    thread.join().expect("the thread does not panic");
    result.expect("the thread does not panic")
}

async fn connect_blocking(vhost: &Vhost) -> blocking::Client {
    let uri = vhost.uri();
    on_a_thread(move || blocking::Client::connect(uri)).await.expect("the client connects")
}

#[tokio::test]
async fn ten_threads_share_one_connection_and_each_gets_its_own_results() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect_blocking(&vhost).await;
    let connections = vhost.connections().await;
    let answers = on_a_thread(move || {
        let threads: Vec<_> = (0..10_u64)
            .map(|n| {
                let client = client.clone();
                thread::spawn(move || {
                    let fib = FibClient::new(client.handle());
                    (0..20).map(|_| fib.compute(n * 9).wait()).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    for (n, answers) in (0..10_u64).zip(answers.await) {
        let expected = (0..n * 9).fold((0, 1), |(a, b), _| (b, a + b)).0;
        assert_eq!(answers.len(), 20);
        assert!(answers.iter().all(|answer| *answer.as_ref().unwrap() == expected), "{n}: {answers:?}");
    }
    // The server's own, and one for all threads.
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn repeated_blocking_calls_leak_no_queue_and_no_channel() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect_blocking(&vhost).await;
    let fib = FibClient::new(client.handle());
    on_a_thread({
        let fib = fib.clone();
        move || fib.compute(1).wait()
    })
    .await
    .unwrap();
    let before = (vhost.queues().await, vhost.channels().await, vhost.connections().await);
    on_a_thread(move || {
        for _ in 0..200 {
            assert_eq!(fib.compute(10).wait().unwrap(), 55);
        }
    })
    .await;
    assert_eq!((vhost.queues().await, vhost.channels().await, vhost.connections().await), before);
    assert_eq!(client.stats(), amqp_rpc::client::ClientStats::default());
}

#[tokio::test]
async fn a_blocking_call_waits_no_longer_than_its_timeout() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let client = connect_blocking(&vhost).await;
    let gates = GateClient::new(client.handle());
    let (error, took) = on_a_thread(move || {
        let started = Instant::now();
        (gates.pass(1).timeout(Duration::from_millis(50)).wait().unwrap_err(), started.elapsed())
    })
    .await;
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    assert!(took >= Duration::from_millis(50), "{took:?}");
}

#[tokio::test]
async fn errors_notifications_events_and_untyped_calls_block_the_same_way() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let echo = RawService::new("echo.it", |call| async move { Reply::json(&call.json::<u64>()?) });
    let _other = start(Server::new().service(echo), &vhost).await;
    let client = connect_blocking(&vhost).await;
    on_a_thread(move || {
        let fib = FibClient::new(client.handle());
        let error = fib.compute(91).wait().unwrap_err();
        assert!(matches!(error, CallError::Method(FibError::TooLarge { limit: 90 })), "{error:?}");
        assert_eq!(client.handle().call_json("echo.it", json!(7)).wait().unwrap(), json!(7));
        let refused = client.handle().call_bytes("echo.it", "7").content_type("image/png").wait();
        assert_eq!(refused.unwrap_err().execution(), Execution::Never);

        let letters = LettersClient::new(client.handle());
        letters.sent("Ada".into()).topic("eu").wait().expect("no subscriber is needed");
        let error = letters.send("Ada".into()).wait().unwrap_err();
        assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");

        // Several at once.
        let both = client.wait(async {
            let (a, b) = futures_util::future::try_join(fib.compute(10), fib.compute(20)).await?;
            Ok(a + b)
        });
        let both: Result<u64, CallError<FibError>> = both;
        assert_eq!(both.unwrap(), 55 + 6765);
    })
    .await;
}

#[tokio::test]
async fn a_blocking_client_inside_an_async_runtime_is_an_error_that_says_what_to_do() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect_blocking(&vhost).await;
    let fib = FibClient::new(client.handle());

    let error = blocking::Client::connect(vhost.uri()).unwrap_err();
    assert!(matches!(error, ConnectError::CannotBlock(CannotBlock::InAsyncRuntime)), "{error:?}");
    let error = fib.compute(1).wait().unwrap_err();
    assert!(matches!(error, CallError::CannotBlock(CannotBlock::InAsyncRuntime)), "{error:?}");
    assert!(error.to_string().contains("use the async `Client`"), "{error}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert!(matches!(client.wait(fib.compute(1)), Err(CallError::CannotBlock(_))));
    assert_eq!(client.close(), Err(CannotBlock::InAsyncRuntime));
    // Its calls are futures like any others.
    assert_eq!(fib.compute(10).await.unwrap(), 55);

    let of_async = FibClient::new(connect(&vhost).await);
    let error = on_a_thread(move || of_async.compute(1).wait()).await.unwrap_err();
    assert!(matches!(error, CallError::CannotBlock(CannotBlock::NoBlockingClient)), "{error:?}");
    // Dropping it here does not block.
    drop(client);
}

#[tokio::test]
async fn closing_a_blocking_client_wakes_all_waiting_threads() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = connect_blocking(&vhost).await;
    let waiting: Vec<_> = (0..4)
        .map(|tag| {
            let gates = GateClient::new(client.handle());
            tokio::spawn(on_a_thread(move || gates.pass(tag).timeout(Duration::MAX).wait()))
        })
        .collect();
    gate.until_running(4).await;
    let closing = client.clone();
    on_a_thread(move || closing.close()).await.unwrap();
    for waited in waiting {
        let error = within("the end of the wait", waited).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    }
    let gates = GateClient::new(client.handle());
    let error = on_a_thread(move || gates.echo(1).wait()).await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
}

#[tokio::test]
async fn a_thread_that_waits_outlives_its_blocking_client() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let client = connect_blocking(&vhost).await;
    let gates = GateClient::new(client.handle());
    let waiting = tokio::spawn(on_a_thread(move || gates.pass(7).timeout(Duration::MAX).wait()));
    gate.until_running(1).await;
    drop(client);
    gate.open_for(1);
    assert_eq!(within("the reply", waiting).await.unwrap().unwrap(), 7);
    // The call was the last user of the connection.
    crate::support::await_until("the end of the connection", async || vhost.connections().await == 1).await;
}

#[tokio::test]
async fn a_blocking_client_connects_again_while_no_thread_waits() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let uri = proxy.uri();
    let client = on_a_thread(move || blocking::Client::connect(uri)).await.expect("the client connects");
    proxy.cut();
    let fib = FibClient::new(client.handle());
    let answer = on_a_thread(move || {
        let ready = client.wait_ready(Duration::from_secs(15));
        (ready, fib.compute(10).wait())
    });
    let (ready, answer) = answer.await;
    ready.unwrap();
    assert_eq!(answer.unwrap(), 55);
}

#[tokio::test]
async fn a_missing_broker_is_a_connect_error_on_a_thread_too() {
    let error = on_a_thread(|| blocking::Client::connect("amqp://127.0.0.1:1")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
}
