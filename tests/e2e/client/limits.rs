//! Limits of a client under load: bursts, retry loops, a stalled connection, a stopped runtime.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, Server,
    connect::ConnectionState,
    error::{ChangeError, Phase},
    rpc_service,
};
use futures_util::future::join_all;

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, Gatekeeper, connect, serve_fib, serve_gate, start,
    },
    support::{Proxy, RawPeer, Vhost, await_until, within},
};

/// A service with its own exchange, which does not exist at first.
#[rpc_service(exchange = "later")]
trait Later {
    async fn ask(&self) -> u64;
    async fn keep(&self, bytes: String) -> usize;
}

struct Answer;

impl Later for Answer {
    async fn ask(&self) -> u64 {
        42
    }

    async fn keep(&self, bytes: String) -> usize {
        bytes.len()
    }
}

#[tokio::test]
async fn the_first_burst_of_calls_checks_the_exchange_once() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client =
        Client::builder().max_in_flight(10_000).timeout(Duration::from_secs(60)).connect(proxy.uri());
    let fib = FibClient::new(client.await.unwrap());

    for answer in within("all answers", join_all((0..5_000).map(|n| fib.compute(n % 90)))).await {
        answer.unwrap();
    }
    let asked = proxy.methods(crate::support::proxy::Toward::Broker);
    assert_eq!(asked.iter().filter(|method| *method == "exchange.declare").count(), 1);
}

#[tokio::test]
async fn a_retry_loop_against_a_missing_exchange_harms_nothing() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    // With eight channels, two lost ones are a quarter.
    let client = Client::builder().connect(format!("{}?channel_max=8", proxy.uri())).await.unwrap();
    let later = LaterClient::new(client.clone());
    await_until("further checks use a second connection", || async {
        let error = later.ask().await.unwrap_err();
        assert!(matches!(&error, CallError::Unroutable(lost) if lost.exchange_missing()), "{error:?}");
        proxy.connections() > 1
    })
    .await;

    let _server = start(Server::new().service(LaterServer::new(Answer)), &vhost).await;
    await_until("the exchange is found", || async { later.ask().await.is_ok() }).await;
    await_until("only the client's own connection is left", || async { proxy.open_connections() == 1 }).await;
}

#[tokio::test]
async fn a_stalled_connection_does_not_fill_the_memory() {
    let vhost = Vhost::create().await;
    const LARGE: usize = 8 * 1024 * 1024;
    let server = Server::new().service(LaterServer::new(Answer)).max_request_bytes(LARGE);
    let _server = start(server, &vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    // On a busy machine it is stalled for longer than the default heartbeat allows.
    let patient = format!("{}?heartbeat=60", proxy.uri());
    let client =
        Client::builder().max_request_bytes(LARGE).max_in_flight(4).timeout(Duration::from_millis(40));
    let client = client.connect(patient);
    let later = LaterClient::new(client.await.unwrap());
    later.ask().timeout(Duration::from_secs(20)).await.unwrap();

    proxy.stall(true);
    let body = "x".repeat(4 * 1024 * 1024);
    let mut sent = 0;
    loop {
        let error = later.keep(body.clone()).await.unwrap_err();
        match &error {
            CallError::Timeout(timeout) if timeout.phase() == Phase::Sent => sent += 1,
            CallError::Timeout(_) => break assert_eq!(error.execution(), Execution::Never),
            other => panic!("{other:?}"),
        }
        assert!(sent <= 16, "64 MiB are queued, and no end");
    }

    proxy.stall(false);
    let size =
        within("the connection to move again", later.keep(body.clone()).timeout(Duration::from_secs(20)));
    assert_eq!(size.await.unwrap(), body.len());
}

#[test]
fn calls_fail_when_the_runtime_of_their_client_has_stopped() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let gate = Gatekeeper::closed();
    let (vhost, server) = second.block_on(async {
        let vhost = Vhost::create().await;
        let server = serve_gate(&vhost, &gate, 4).await;
        (vhost, server)
    });
    let gates = GateClient::new(first.block_on(connect(&vhost)));
    let pending = second.spawn(gates.pass(1));
    second.block_on(gate.until_running(1));

    drop(first);
    second.block_on(async {
        let error = within("the pending call to fail", pending).await.unwrap().unwrap_err();
        assert!(
            matches!(&error, CallError::Disconnected(lost) if lost.reason().contains("runtime")),
            "{error:?}"
        );
        let error = within("the next call to fail", gates.echo(2)).await.unwrap_err();
        assert_eq!(error.execution(), Execution::Never);
        drop(server);
    });
}

/// Its tasks are dropped before they were ever polled.
#[test]
fn a_client_whose_runtime_ended_at_once_is_closed() {
    let current_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lasting = tokio::runtime::Runtime::new().unwrap();
    let (vhost, server) = lasting.block_on(async {
        let vhost = Vhost::create().await;
        let server = serve_fib(&vhost).await;
        (vhost, server)
    });
    let temporary = current_thread();
    let client = temporary.block_on(connect(&vhost));
    drop(temporary);

    let ConnectionState::Closed { reason, .. } = client.state() else { panic!("{:?}", client.state()) };
    assert!(reason.contains("runtime"), "{reason}");
    lasting.block_on(async {
        let begin = std::time::Instant::now();
        let error = FibClient::new(client.clone()).compute(1).timeout(Duration::from_secs(600));
        let error = within("the call to fail", error).await.unwrap_err();
        assert!(matches!(&error, CallError::Disconnected(_)), "{error:?}");
        client.close().await;
        assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
        drop((client, server));
        await_until("no connection is left", || async { vhost.connections().await == 0 }).await;
    });
}

/// The same for a server.
#[test]
fn a_server_whose_runtime_ended_at_once_has_failed() {
    let lasting = tokio::runtime::Runtime::new().unwrap();
    let vhost = lasting.block_on(Vhost::create());
    let temporary = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = temporary.block_on(serve_fib(&vhost));
    drop(temporary);

    assert!(server.state().is_closed(), "{:?}", server.state());
    lasting.block_on(async {
        let error = within("the failure", server.failed()).await;
        assert!(error.to_string().contains("runtime"), "{error}");
        let added = within("the refusal", server.add(FibServer::new(Fibonacci))).await;
        assert!(matches!(added, Err(ChangeError::Ended)), "{added:?}");
        assert!(within("the shutdown", server.shutdown()).await.is_err());
        await_until("no connection is left", || async { vhost.connections().await == 0 }).await;
    });
}

#[tokio::test]
async fn a_channel_error_under_load_is_survived() {
    let vhost = Vhost::create().await;
    let _fib = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let (fib, later) = (FibClient::new(client.clone()), LaterClient::new(client.clone()));
    let peer = RawPeer::connect(&vhost.uri()).await;
    for round in 0..10 {
        let server = start(Server::new().service(LaterServer::new(Answer)), &vhost).await;
        await_until("the exchange is found", || async { later.ask().await.is_ok() }).await;
        server.shutdown().await.unwrap();
        let load: Vec<_> = (0..100u64).map(|n| tokio::spawn(fib.compute(n % 90))).collect();
        let channel = peer.open_channel().await;
        channel.exchange_delete("later".into(), Default::default()).await.unwrap();
        let error = within("the channel error", later.ask()).await.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "round {round}: {error:?}");
        for call in load {
            // It may be answered before the channel is lost; it must end.
            let _ = within("the call to end", call).await.unwrap();
        }
        let again = within("the next channel", fib.compute(10)).await;
        assert_eq!(again.unwrap_or_else(|error| panic!("round {round}: {error}")), 55);
    }
}

#[tokio::test]
async fn connect_and_start_are_bounded_including_their_setup() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    // Accepts connections and never sends a byte.
    proxy.stall(true);
    let options = || amqp_rpc::ConnectOptions::new(proxy.uri()).timeout(Duration::from_millis(200));
    let error = within("connect", Client::connect(options())).await.unwrap_err();
    assert!(matches!(error, amqp_rpc::error::ConnectError::Timeout { .. }), "{error:?}");
    let start = Server::new().service(FibServer::new(Fibonacci)).start(options());
    let error = within("start", start).await.unwrap_err();
    assert!(
        matches!(error, amqp_rpc::error::StartError::Connect(amqp_rpc::error::ConnectError::Timeout { .. })),
        "{error:?}"
    );
}
