//! What a server decides in place of the contract: the queues of methods, and which of them block their thread.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, FaultCode, Server, Subscription,
    error::{ChangeError, QueueState, StartError},
    rpc_service,
    server::{QueueOptions, RawService, ServiceOptions},
};
use serde_json::json;

use super::{Gardener, GuestsClient, GuestsServer, Host, TreesServer};
use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start, until_epoch,
    },
    support::{Proxy, Vhost, await_until, within},
};

fn fib_from(queue: &str) -> (FibServer<Fibonacci>, ServiceOptions) {
    (FibServer::new(Fibonacci), ServiceOptions::new().queue(queue))
}

#[tokio::test]
async fn a_server_serves_from_queues_of_its_own_choice_and_clients_need_not_know_them() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let options = ServiceOptions::new()
        .queue("accounts")
        .queue_of("fib.compute", "fib.slow")
        .queue_options(QueueOptions::new().max_length(1_000));
    let server = Server::new().service_with(FibServer::new(Fibonacci), options).namespace("staging");
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    assert_eq!(server.queues(), ["staging.accounts", "staging.fib.slow"]);
    assert_eq!(
        vhost.queues().await,
        [
            "staging.accounts",
            "staging.accounts.dead",
            "staging.accounts.overflow",
            "staging.fib.slow",
            "staging.fib.slow.dead",
            "staging.fib.slow.overflow",
        ],
        "the queue of the contract is not declared"
    );
    let client = Client::builder().namespace("staging").connect(vhost.uri()).await.unwrap();
    let fib = FibClient::new(client);
    for epoch in 2..4 {
        assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
        assert_eq!(within("the call", fib.whoami()).await.unwrap(), "-/-");
        proxy.cut();
        until_epoch(&server, epoch).await;
    }
}

#[tokio::test]
async fn a_service_is_added_with_and_removed_from_a_queue_of_the_server_s_choice() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = start(Server::new().service(GateServer::new(gate.clone())), &vhost).await;
    // Its contract has it share the queue of the gate.
    let guests = || GuestsServer::new(Host(gate.clone()));
    let own = || ServiceOptions::new().queue("guests");
    within("the addition", server.add_with(guests(), own())).await.unwrap();
    assert_eq!(server.queues(), ["gate", "guests"]);
    let client = GuestsClient::new(connect(&vhost).await);
    assert_eq!(within("the call", client.greet("Ada".into())).await.unwrap(), "hello Ada");

    within("the removal", server.remove("guests")).await.unwrap();
    assert_eq!(server.queues(), ["gate"]);
    let waiting = tokio::spawn(client.greet("Bob".into()));
    await_until("it waits in the queue", || async { vhost.existing_queue("guests").await.ready == 1 }).await;
    within("the addition", server.add_with(guests(), own())).await.unwrap();
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), "hello Bob");

    let unknown = ServiceOptions::new().queue_of("servers.trees.plant_all", "trees");
    let error = server.add_with(TreesServer::new(Gardener), unknown).await.unwrap_err();
    assert!(matches!(error, ChangeError::Refused(StartError::UnknownMethod { .. })), "{error}");
}

#[tokio::test]
async fn what_a_client_finds_out_of_a_queue_is_about_the_one_of_the_contract() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let moved = ServiceOptions::new().queue("elsewhere");
    let _server = start(Server::new().service_with(GateServer::new(gate.clone()), moved), &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    // It does not exist, and so `fail_fast` refuses nothing.
    assert_eq!(within("the call", gates.echo(1).fail_fast()).await.unwrap(), 1);
    let error = within("the timeout", gates.pass(1).timeout(Duration::from_millis(500))).await.unwrap_err();
    let CallError::Timeout(timeout) = &error else { panic!("{error:?}") };
    assert_eq!(timeout.queue_state(), Some(QueueState::Missing), "{error}");
}

#[tokio::test]
async fn a_queue_from_before_has_each_request_too_until_it_is_deleted() {
    let vhost = Vhost::create().await;
    start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await.shutdown().await.unwrap();
    let (service, options) = fib_from("new");
    let _server = start(Server::new().service_with(service, options), &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    await_until("the old queue has it too", || async { vhost.existing_queue("fib").await.ready == 1 }).await;
    let error = within("the refusal", fib.compute(10).fail_fast()).await.unwrap_err();
    assert!(matches!(error, CallError::NoConsumer(_)), "{error:?}");
}

#[tokio::test]
async fn names_that_a_service_does_not_have_are_refused_with_those_that_it_has() {
    // Nothing listens on port 1: these errors need no broker.
    let refusal = async |server: Server| {
        let error = within("the refusal", server.start("amqp://127.0.0.1:1")).await.unwrap_err();
        assert!(matches!(error, StartError::UnknownMethod { .. }), "{error:?}");
        error.to_string()
    };
    for options in [
        ServiceOptions::new().queue_of("fib.compue", "slow"),
        ServiceOptions::new().blocking(["fib.compute", "fib.compue"]),
    ] {
        let server = Server::new().service_with(FibServer::new(Fibonacci), options);
        let text = "`fib` has no method `fib.compue` for this option; it has: fib.compute, fib.whoami";
        assert_eq!(refusal(server).await, text);
    }
    let signals = Subscription::listener().to_all::<SignalsRaised>().blocking(["signals.wait"]);
    let (service, _) = signals_server();
    let text = "`signals` has no method `signals.wait` for this option; it has: signals.raised";
    assert_eq!(refusal(Server::new().subscribe(service, signals)).await, text);
}

/// Waits for signals without `.await`, and so blocks its thread.
#[rpc_service]
trait Signals {
    async fn wait(&self) -> String;
    async fn panic(&self);
    async fn give(&self);
    /// Waits as `wait` does.
    #[rpc(event)]
    async fn raised(&self);
}

struct Channel {
    receiver: Mutex<Receiver<()>>,
    sender: Sender<()>,
}

fn signals_server() -> (SignalsServer<Channel>, Sender<()>) {
    let (sender, receiver) = channel();
    (SignalsServer::new(Channel { receiver: receiver.into(), sender: sender.clone() }), sender)
}

impl Channel {
    fn heard(&self) -> String {
        let receiver = self.receiver.lock().expect("no method panics while it holds it");
        receiver
            .recv_timeout(Duration::from_secs(20))
            .map_or_else(|error| error.to_string(), |()| "heard".into())
    }
}

impl Signals for Channel {
    async fn wait(&self) -> String {
        // The runtime is there for it as well.
        tokio::task::yield_now().await;
        self.heard()
    }

    async fn panic(&self) {
        panic!("expected by the test");
    }

    async fn give(&self) {
        self.sender.send(()).expect("the receiver lives");
    }

    async fn raised(&self) {
        assert_eq!(self.heard(), "heard");
    }
}

// Single-threaded runtimes: on their thread a method that blocks would keep the signal from being given.
#[tokio::test(flavor = "current_thread")]
async fn a_method_that_the_server_knows_to_block_does_not_block_the_others() {
    let vhost = Vhost::create().await;
    let (service, _) = signals_server();
    let options = ServiceOptions::new().blocking(["signals.wait", "signals.panic"]);
    let _server = start(Server::new().service_with(service, options), &vhost).await;
    let signals = SignalsClient::new(connect(&vhost).await);
    let waiting = tokio::spawn(signals.wait());
    within("the signal", signals.give()).await.unwrap();
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), "heard");
    let error = within("the panic", signals.panic()).await.unwrap_err();
    assert!(error.to_string().starts_with("panicked"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_raw_method_and_the_handler_of_an_event_can_block_as_well() {
    let vhost = Vhost::create().await;
    let (service, sender) = signals_server();
    let (raw_sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let raw = RawService::new("raw.wait", move |_| {
        let receiver = Arc::clone(&receiver);
        async move {
            let heard = receiver.lock().unwrap().recv_timeout(Duration::from_secs(20)).is_ok();
            amqp_rpc::middleware::Reply::json(&heard)
        }
    });
    let options = ServiceOptions::new().blocking(["raw.wait"]);
    let subscription = Subscription::group("all").to_all::<SignalsRaised>().blocking(["signals.raised"]);
    let server = Server::new().service_with(raw, options).subscribe(service, subscription);
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let waiting = tokio::spawn(client.call_json("raw.wait", json!({})).into_future());
    within("the event", SignalsClient::new(client).raised()).await.unwrap();
    let events = || vhost.existing_queue("signals.events.all");
    await_until("the event is being handled", || async { events().await.unacked == 1 }).await;
    raw_sender.send(()).unwrap();
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), true);
    sender.send(()).unwrap();
    await_until("the event is handled", || async { events().await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("signals.events.all.dead").await.ready, 0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_method_on_a_thread_of_its_own_is_cancelled_where_it_awaits() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let options = ServiceOptions::new().blocking(["gate.pass"]);
    let server = Server::new().service_with(GateServer::new(gate.clone()), options);
    let _server = start(server.handler_timeout(Duration::from_millis(100)), &vhost).await;
    let error = within("the fault", GateClient::new(connect(&vhost).await).pass(1)).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(*fault.code(), FaultCode::DeadlineExceeded);
    gate.until_running(0).await;
    assert_eq!(gate.started(), 1, "it had begun");
}
