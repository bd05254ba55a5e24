//! Exchanges and queues that may not be looked up, as on RabbitMQ 4.3 without any permission on them, on the
//! embedded broker.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, ConnectOptions, Execution, Server, Subscription, error::StartError, rpc_service,
    server::Declare,
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method, Rule},
};
use futures_util::future::join_all;
use tokio::sync::mpsc;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, until_epoch},
    support::{Log, await_until, within},
};

/// The exchange that clients may not look up.
#[rpc_service(exchange = "vault")]
trait Vault {
    #[rpc(idempotent)]
    async fn open(&self) -> u64;
    #[rpc(notify)]
    async fn close(&self);
}

/// Events whose exchange the server may not look up.
#[rpc_service]
trait News {
    #[rpc(event)]
    async fn printed(&self, number: u64);
}

/// Sends the numbers to the test.
#[derive(Clone)]
struct Reader(mpsc::UnboundedSender<u64>);

impl News for Reader {
    async fn printed(&self, number: u64) {
        // The test may have ended already.
        let _ = self.0.send(number);
    }
}

/// Refuses a connection's declarations that match, as RabbitMQ 4.3 does.
fn refuse(broker: &Broker, connection: &str, declaration: Matcher) -> Rule {
    let reason = "ACCESS_REFUSED - configure access to it in vhost '/' refused for user 'guest'";
    broker.on(declaration.connection(connection), Action::CloseChannel(403, reason.into()))
}

fn named(broker: &Broker, connection: &str) -> ConnectOptions {
    ConnectOptions::new(broker.uri()).name(connection)
}

async fn connect(broker: &Broker) -> Client {
    within("the client to connect", Client::connect(named(broker, "client")))
        .await
        .expect("the client connects")
}

#[tokio::test]
async fn an_exchange_that_may_not_be_looked_up_is_refused_and_costs_no_connection() {
    let broker = Broker::start().await.unwrap();
    let gate = Gatekeeper::closed();
    let server = Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()));
    let _server = server.start(broker.uri()).await.unwrap();
    let refusal = refuse(&broker, "client", Matcher::from_client(Method::ExchangeDeclare).exchange("vault"));
    let client = connect(&broker).await;
    let (fib, vault) = (FibClient::new(client.clone()), VaultClient::new(client.clone()));
    let pending = tokio::spawn(GateClient::new(client.clone()).pass_once(1));
    gate.until_running(1).await;

    for error in within("the refusals", join_all((0..20).map(|_| vault.open()))).await {
        let error = error.unwrap_err();
        assert!(
            matches!(&error, CallError::AccessRefused(refused)
                if refused.exchange() == "vault" && refused.reason().contains("ACCESS_REFUSED")),
            "{error:?}"
        );
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    }
    let error = within("the refusal from memory", vault.close()).await.unwrap_err();
    assert!(matches!(error, CallError::AccessRefused(_)), "{error:?}");
    assert_eq!(refusal.hits(), 1, "it is not tried again");

    assert_eq!(fib.compute(10).await.unwrap(), 55);
    gate.open_for(1);
    assert_eq!(within("the pending call", pending).await.unwrap().unwrap(), 1);
    assert_eq!(client.state().epoch(), Some(1));
}

#[tokio::test]
async fn a_server_that_may_not_look_up_its_exchanges_serves_what_others_declared() {
    let broker = Broker::start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let (sender, mut received) = mpsc::unbounded_channel();
    let server = || {
        let group = Subscription::group("readers").to::<NewsPrinted>(["#"]);
        let subscribed = Server::new().subscribe(NewsServer::new(Reader(sender.clone())), group);
        subscribed.service(FibServer::new(Fibonacci))
    };
    server().start(broker.uri()).await.unwrap().shutdown().await.unwrap();

    let refusal = refuse(&broker, "server", Matcher::from_client(Method::ExchangeDeclare));
    let log = Log::listen();
    let start = server().declare(Declare::Passive).start(named(&broker, "server"));
    let server = within("the server to start", start).await.unwrap();
    // All are asked for at once, and the second one again after the refusal of the first.
    assert_eq!(refusal.hits(), 3, "one for calls, two for events");
    let unchecked: Vec<_> =
        log.lines().into_iter().filter(|line| line.field("message").contains("may not look up")).collect();
    let exchanges: Vec<_> = unchecked.iter().map(|line| (line.level, line.field("exchange"))).collect();
    assert_eq!(exchanges, [(tracing::Level::INFO, "amqp-rpc"), (tracing::Level::INFO, "amqp-rpc.events")]);

    let client = connect(&broker).await;
    let (fib, news) = (FibClient::new(client.clone()), NewsClient::new(client));
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    // The queue is checked again before it is consumed again.
    assert_eq!(vhost.cancel_consumers("news.events.readers").await, 1);
    within("the event", news.printed(1)).await.unwrap();
    assert_eq!(within("the event", received.recv()).await, Some(1));
    assert_eq!(server.state().epoch(), Some(1));
    vhost.connection("server").await.unwrap().reset();
    until_epoch(&server, 2).await;
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
}

#[tokio::test]
async fn a_server_that_may_not_look_up_its_queue_does_not_start() {
    let broker = Broker::start().await.unwrap();
    let server = || Server::new().service(FibServer::new(Fibonacci));
    server().start(broker.uri()).await.unwrap().shutdown().await.unwrap();
    let _refusal = refuse(&broker, "server", Matcher::from_client(Method::QueueDeclare).queue("fib"));
    let start = server().declare(Declare::Passive).start(named(&broker, "server"));
    let error = within("the refusal", start).await.unwrap_err();
    assert!(matches!(&error, StartError::AccessRefused { name, .. } if name == "fib"), "{error:?}");
}

#[tokio::test]
async fn a_queue_that_may_not_be_looked_up_is_asked_for_once_per_connection() {
    let broker = Broker::start().await.unwrap();
    let gate = Gatekeeper::closed();
    let server = Server::new().service(FibServer::new(Fibonacci)).service(GateServer::new(gate.clone()));
    let _server = server.start(broker.uri()).await.unwrap();
    let queue = |queue| Matcher::from_client(Method::QueueDeclare).queue(queue);
    let (of_fib, of_gate) =
        (refuse(&broker, "client", queue("fib")), refuse(&broker, "client", queue("gate")));
    let log = Log::listen();
    let warned = || {
        let lines = log.lines().into_iter().filter(|line| line.field("message").contains("may not look up"));
        lines.map(|line| (line.level, line.field("queue").to_owned())).collect::<Vec<_>>()
    };
    let client = connect(&broker).await;
    let (fib, gates) = (FibClient::new(client.clone()), GateClient::new(client.clone()));

    // Calls that fail fast are sent as others are.
    for answer in within("the calls", join_all((0..20).map(|_| fib.compute(10).fail_fast()))).await {
        assert_eq!(answer.unwrap(), 55);
    }
    assert_eq!(within("a later call", fib.compute(10).fail_fast()).await.unwrap(), 55);
    assert_eq!(of_fib.hits(), 1);
    assert_eq!(warned(), [(tracing::Level::WARN, "fib".to_owned())]);

    // Calls that time out do not know why.
    let timed_out = async || {
        let error =
            within("the timeout", gates.pass(1).timeout(Duration::from_millis(200))).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Timeout(timeout) if timeout.queue_state().is_none()),
            "{error:?}"
        );
    };
    await_until("the queue was asked for", async || {
        timed_out().await;
        of_gate.hits() > 0
    })
    .await;
    for _ in 0..3 {
        timed_out().await;
    }
    assert_eq!(of_gate.hits(), 1);
    assert_eq!(warned().len(), 2);

    // A permission may have been granted meanwhile.
    drop(of_fib);
    broker.vhost("/").unwrap().connection("client").await.unwrap().reset();
    let asked = broker.on(queue("fib").connection("client"), Action::Pass);
    await_until("the client has reconnected", async || client.state().epoch() == Some(2)).await;
    assert_eq!(within("the call", fib.compute(10).fail_fast()).await.unwrap(), 55);
    assert_eq!(asked.hits(), 1);
}
