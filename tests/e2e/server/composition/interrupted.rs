//! Changes of a running server that time out or are interrupted, on the embedded broker, which can stay
//! silent.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{
    Client, ConnectOptions, RunningServer, Server,
    error::{ChangeError, StartError},
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};

use crate::{
    services::{FibClient, FibServer, Fibonacci, until_epoch},
    support::{await_until, embedded_broker, within},
};

#[amqp_rpc::rpc_service]
trait Pair {
    #[rpc(queue = "pair.first")]
    async fn first(&self) -> u64;
    #[rpc(queue = "pair.second")]
    async fn second(&self) -> u64;
}

struct Two;

impl Pair for Two {
    async fn first(&self) -> u64 {
        1
    }

    async fn second(&self) -> u64 {
        2
    }
}

/// A timeout longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(600);

async fn serve_fib(broker: &Broker, timeout: Duration) -> Arc<RunningServer> {
    let options = ConnectOptions::new(broker.uri()).name("server").timeout(timeout);
    let start = Server::new().service(FibServer::new(Fibonacci)).start(options);
    Arc::new(within("the server", start).await.expect("the scene is set"))
}

/// Adds the pair in a separate task.
fn adding(server: &Arc<RunningServer>) -> tokio::task::JoinHandle<Result<(), ChangeError>> {
    let server = Arc::clone(server);
    tokio::spawn(async move { server.add(PairServer::new(Two)).await })
}

async fn ready(broker: &Broker, queue: &str) -> usize {
    broker.vhost("/").expect("the scene is set").queue(queue).await.expect("the scene is set").ready
}

#[tokio::test]
async fn a_consumer_that_times_out_requeues_the_deliveries_of_the_others() {
    let broker = embedded_broker().start().await.unwrap();
    let earlier = within("the start", Server::new().service(PairServer::new(Two)).start(broker.uri()));
    within("the shutdown", earlier.await.unwrap().shutdown()).await.unwrap();
    let client = within("the client", Client::connect(broker.uri())).await.unwrap();
    let waiting = tokio::spawn(PairClient::new(client.clone()).first());
    await_until("the request waits", || async { ready(&broker, "pair.first").await == 1 }).await;

    let server = serve_fib(&broker, Duration::from_secs(2)).await;
    let silence = broker.on(Matcher::from_client(Method::BasicConsume).queue("pair.second"), Action::Drop);
    let error = within("the answer", server.add(PairServer::new(Two))).await.unwrap_err();
    assert!(matches!(&error, ChangeError::Refused(StartError::Broker { name, .. }) if name == "pair.second"));
    until_epoch(&server, 2).await;
    await_until("it was requeued", || async { ready(&broker, "pair.first").await == 1 }).await;
    assert_eq!(server.queues(), ["fib"]);
    assert_eq!(within("the call", FibClient::new(client).compute(10)).await.unwrap(), 55);

    silence.remove();
    within("the addition", server.add(PairServer::new(Two))).await.unwrap();
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_change_whose_connection_is_lost_fails_at_once_and_is_not_made() {
    let broker = embedded_broker().start().await.unwrap();
    let server = serve_fib(&broker, FOR_EVER).await;
    for (epoch, silent) in [(2, Method::QueueBind), (3, Method::BasicConsume)] {
        let silence = broker.on(Matcher::from_client(silent).queue("pair.second"), Action::Drop);
        let adding = adding(&server);
        within("the request to the broker", silence.hit()).await;
        broker.vhost("/").unwrap().connection("server").await.unwrap().reset();
        let error = within("the answer", adding).await.unwrap().unwrap_err();
        assert!(matches!(error, ChangeError::NotConnected(_)), "{error:?}");
        until_epoch(&server, epoch).await;
        assert_eq!(server.queues(), ["fib"]);
    }
    within("the addition", server.add(PairServer::new(Two))).await.unwrap();
    assert_eq!(server.queues(), ["fib", "pair.first", "pair.second"]);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_change_that_hangs() {
    let broker = embedded_broker().start().await.unwrap();
    for silent in [Method::QueueBind, Method::BasicConsume] {
        let server = serve_fib(&broker, FOR_EVER).await;
        let silence = broker.on(Matcher::from_client(silent).queue("pair.second"), Action::Drop);
        // Dropping the future of the change does not stop the change.
        tokio::select! {
            added = server.add(PairServer::new(Two)) => panic!("{added:?}"),
            () = within("the request to the broker", silence.hit()) => {}
        }
        let server = Arc::into_inner(server).expect("it is the last reference");
        assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean(), "{silent:?}");
    }
}
