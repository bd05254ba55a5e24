//! Starting, draining and stopping a server.

use std::time::Duration;

use amqp_rpc::{CallError, FaultCode, Server, rpc_service};
use tokio::sync::oneshot;

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_fib, serve_gate,
        start,
    },
    support::{Log, Vhost, await_until, within},
};

#[tokio::test]
async fn start_returns_when_every_consumer_is_live() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new()
        .service(crate::services::FibServer::new(crate::services::Fibonacci))
        .service(GateServer::new(gate));
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["fib", "gate"]);
    for queue in ["fib", "gate"] {
        assert_eq!(vhost.existing_queue(queue).await.consumers, 1, "{queue}");
    }
}

#[tokio::test]
async fn a_method_may_have_a_separate_queue_with_its_own_concurrency() {
    #[amqp_rpc::rpc_service]
    trait Shop {
        #[rpc(queue = "shop.slow")]
        async fn report(&self) -> u64;
        async fn price(&self) -> u64;
    }
    struct Keeper(Gatekeeper);
    impl Shop for Keeper {
        async fn report(&self) -> u64 {
            self.0.wait().await;
            1
        }
        async fn price(&self) -> u64 {
            2
        }
    }
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(ShopServer::new(Keeper(gate.clone()))).concurrency(1);
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["shop", "shop.slow"]);
    let shop = ShopClient::new(connect(&vhost).await);
    let report = tokio::spawn(shop.report());
    gate.until_running(1).await;
    assert_eq!(within("the other queue's method", shop.price()).await.unwrap(), 2);
    gate.open_for(1);
    assert_eq!(report.await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_shutdown_answers_and_settles_delivered_requests() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 8).await;
    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..8).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(8).await;

    let shutdown = tokio::spawn(server.shutdown());
    await_until("the server takes nothing new", || async {
        vhost.existing_queue("gate").await.consumers == 0
    })
    .await;
    gate.open_for(8);
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the answer", call).await.unwrap().unwrap(), tag);
    }
    let report = within("the shutdown", shutdown).await.unwrap().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert!(vhost.existing_queue("gate").await.is_settled(), "nothing is delivered again");
    assert_eq!(vhost.connections().await, 1, "the server's connection is closed");
}

#[tokio::test]
async fn a_drain_that_takes_too_long_is_reported_and_its_calls_go_to_the_next_server() {
    let vhost = Vhost::create().await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first =
        Server::new().service(GateServer::new(first_gate.clone())).drain_timeout(Duration::from_millis(50));
    let first = start(first, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let plain = tokio::spawn(gates.pass(1));
    let once = tokio::spawn(gates.pass_once(2));
    first_gate.until_running(2).await;

    let report = within("the bounded shutdown", first.shutdown()).await.unwrap();
    let mut abandoned: Vec<_> =
        report.abandoned.iter().map(|call| (call.method, call.at_most_once)).collect();
    abandoned.sort_unstable();
    assert_eq!(abandoned, [("gate.pass", false), ("gate.pass_once", true)]);
    assert_eq!(vhost.existing_queue("gate").await.ready, 2, "both were requeued");

    second_gate.open_for(1);
    let _second = serve_gate(&vhost, &second_gate, 4).await;
    assert_eq!(within("the second server's answer", plain).await.unwrap().unwrap(), 1);
    let error = within("the refusal", once).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
}

#[tokio::test]
async fn run_until_serves_until_the_signal() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    let (signal, signalled) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run_until(signalled));
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);

    signal.send(()).unwrap();
    let report = within("the shutdown", running).await.unwrap().unwrap();
    assert!(report.is_clean());
    assert_eq!(vhost.existing_queue("fib").await.consumers, 0);
}

#[tokio::test]
async fn a_dropped_server_requeues_its_requests() {
    let vhost = Vhost::create().await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first = serve_gate(&vhost, &first_gate, 4).await;
    let call = tokio::spawn(GateClient::new(connect(&vhost).await).pass(5));
    first_gate.until_running(1).await;
    drop(first);
    first_gate.until_running(0).await;

    second_gate.open_for(1);
    let _second = serve_gate(&vhost, &second_gate, 4).await;
    assert_eq!(within("the other server's answer", call).await.unwrap().unwrap(), 5);
}

#[tokio::test]
async fn a_rolling_restart_under_load_fails_no_call() {
    let vhost = Vhost::create().await;
    let mut servers = [serve_fib(&vhost).await, serve_fib(&vhost).await];
    let fib = FibClient::new(connect(&vhost).await);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (fib, stopped) = (fib.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut calls = 0;
                while !*stopped.borrow() {
                    assert_eq!(fib.compute(20).await.unwrap(), 6765);
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    for _ in 0..3 {
        for server in &mut servers {
            let old = std::mem::replace(server, serve_fib(&vhost).await);
            assert!(old.shutdown().await.unwrap().is_clean());
        }
    }
    stop.send(true).unwrap();
    for caller in callers {
        assert!(within("the caller", caller).await.expect("no call failed") > 0);
    }
    await_until("everything is settled", || async { vhost.existing_queue("fib").await.is_settled() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_method_that_blocks_its_thread_is_reported_and_holds_up_no_shutdown() {
    #[amqp_rpc::rpc_service]
    trait Rude {
        async fn hog(&self);
    }
    /// Blocks a thread of the runtime.
    struct Hog(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, tokio::sync::watch::Sender<bool>);
    impl Rude for Hog {
        async fn hog(&self) {
            self.1.send_replace(true);
            let _ = self.0.lock().map(|released| released.recv_timeout(Duration::from_secs(20)));
        }
    }
    let vhost = Vhost::create().await;
    let (release, released) = std::sync::mpsc::channel();
    let (blocking, mut blocked) = tokio::sync::watch::channel(false);
    let server = Server::new()
        .service(RudeServer::new(Hog(released.into(), blocking)))
        .drain_timeout(Duration::from_millis(50));
    let server = start(server, &vhost).await;
    let call = tokio::spawn(RudeClient::new(connect(&vhost).await).hog());
    within("the method to block", blocked.wait_for(|blocked| *blocked)).await.unwrap();

    let report = within("the shutdown", server.shutdown()).await.unwrap();
    let abandoned: Vec<_> = report.abandoned.iter().map(|call| call.method).collect();
    assert_eq!(abandoned, ["rude.hog"]);
    await_until("its request is there for another server", || async {
        vhost.existing_queue("rude").await.ready == 1
    })
    .await;
    release.send(()).unwrap();
    call.abort();
}

#[tokio::test(flavor = "current_thread")]
async fn a_call_not_started_before_a_shutdown_is_not_maybe_executed() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).drain_timeout(Duration::ZERO);
    let server = start(server, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> =
        (0..20).map(|tag| tokio::spawn(gates.pass_once(tag).timeout(Duration::from_secs(5)))).collect();
    gate.until_started(1).await;
    let report = within("the shutdown", server.shutdown()).await.unwrap();
    let started = gate.started();
    assert!(report.abandoned.iter().all(|call| call.at_most_once));

    let _second = serve_gate(&vhost, &gate, 32).await;
    gate.open_for(20);
    let mut unknown = 0;
    for call in calls {
        match within("the outcome", call).await.unwrap() {
            Ok(_) => {}
            Err(CallError::Fault(fault)) if *fault.code() == FaultCode::ShuttingDown => {}
            Err(CallError::Fault(fault)) if *fault.code() == FaultCode::MaybeExecuted => unknown += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(unknown <= started, "{unknown} outcomes are unknown, but only {started} calls had started");
}

/// A service that panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("expected by the test");
    }
}

#[rpc_service]
trait Vase {
    async fn ping(&self) -> u8;
}

impl Vase for Fragile {
    async fn ping(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn a_service_that_panics_when_it_is_dropped_harms_neither_shutdown_nor_removal() {
    let vhost = Vhost::create().await;
    let log = Log::listen();
    let server = start(Server::new().service(VaseServer::new(Fragile)), &vhost).await;
    assert_eq!(VaseClient::new(connect(&vhost).await).ping().await.unwrap(), 1);
    let report = within("the shutdown", server.shutdown()).await.expect("the connection was not lost");
    assert!(report.is_clean(), "{report:?}");
    let failures = log.failures();
    assert!(
        failures.iter().any(|line| line.field("detail") == "expected by the test"),
        "the panic is logged: {failures:#?}"
    );

    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    server.add(VaseServer::new(Fragile)).await.unwrap();
    assert!(within("the removal", server.remove("vase")).await.unwrap().is_clean());
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
    server.shutdown().await.unwrap();
}
