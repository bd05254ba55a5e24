//! Declaring and consuming without waiting in between: a broker that is slow or far away.

use std::time::Duration;

use amqp_rpc::{
    ConnectOptions, Server,
    error::{ConnectError, StartError},
    rpc_service,
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};

use crate::{
    services::until_epoch,
    support::{await_until, embedded_broker, within},
};

macro_rules! contracts {
    ($($method:ident $queue:tt)*) => {
        /// Many methods in one queue.
        #[rpc_service]
        trait Wide { $( async fn $method(&self) -> u8; )* }

        impl Wide for () { $( async fn $method(&self) -> u8 { 1 } )* }

        /// As many queues.
        #[rpc_service]
        trait Deep { $( #[rpc(queue = $queue)] async fn $method(&self) -> u8; )* }

        impl Deep for () { $( async fn $method(&self) -> u8 { 1 } )* }

        const METHODS: usize = [$( stringify!($method) ),*].len();
        /// That of the first service, and those of the second. There is another one, of reflection.
        const QUEUES: usize = 1 + METHODS;
        /// Of each of the two services: three reserved methods, and its key in the queue of reflection, which has another
        /// one for the server as a whole. Those of dead letters come on top; how many differs between brokers.
        const BINDINGS: usize = 2 * (METHODS + 3 + 1) + 1;
    };
}
contracts!(
    a0 "deep.a0" a1 "deep.a1" a2 "deep.a2" a3 "deep.a3" a4 "deep.a4" a5 "deep.a5" a6 "deep.a6" a7 "deep.a7"
    a8 "deep.a8" a9 "deep.a9" b0 "deep.b0" b1 "deep.b1" b2 "deep.b2" b3 "deep.b3" b4 "deep.b4" b5 "deep.b5"
    b6 "deep.b6" b7 "deep.b7" b8 "deep.b8" b9 "deep.b9" c0 "deep.c0" c1 "deep.c1" c2 "deep.c2" c3 "deep.c3"
    c4 "deep.c4" c5 "deep.c5" c6 "deep.c6" c7 "deep.c7" c8 "deep.c8" c9 "deep.c9"
);

fn server() -> Server {
    Server::new().service(WideServer::new(())).service(DeepServer::new(()))
}

fn options(broker: &Broker, timeout: Duration) -> ConnectOptions {
    ConnectOptions::new(broker.uri()).name("server").timeout(timeout)
}

#[tokio::test]
async fn everything_is_declared_and_consumed_without_waiting_in_between() {
    let broker = embedded_broker().start().await.unwrap();
    let unanswered = |answer| broker.on(Matcher::to_client(answer), Action::Stall);
    let (declare_ok, consume_ok) = (unanswered(Method::QueueDeclareOk), unanswered(Method::BasicConsumeOk));
    let sent = |method| broker.on(Matcher::from_client(method), Action::Pass);
    let (bound, consumed) = (sent(Method::QueueBind), sent(Method::BasicConsume));
    let starting = tokio::spawn(server().start(options(&broker, Duration::from_secs(600))));

    await_until("all is declared before any queue is", || async { bound.hits() >= BINDINGS }).await;
    declare_ok.remove();
    await_until("all is consumed before any queue is", || async { consumed.hits() == QUEUES + 1 }).await;
    consume_ok.remove();
    let _server = within("the start", starting).await.unwrap().unwrap();
}

#[tokio::test]
async fn many_methods_start_and_reconnect_in_time_at_a_slow_broker() {
    let broker = embedded_broker().start().await.unwrap();
    let late = Action::Delay(Duration::from_millis(100));
    let slow: Vec<_> = [Method::QueueDeclare, Method::QueueBind, Method::BasicConsume]
        .map(|method| broker.on(Matcher::from_client(method), late.clone()))
        .into();
    // One after the other they would take nine seconds.
    let server = within("the start", server().start(options(&broker, Duration::from_secs(4)))).await.unwrap();
    broker.vhost("/").unwrap().connection("server").await.unwrap().reset();
    until_epoch(&server, 2).await;
    drop(slow);
}

#[tokio::test]
async fn a_start_that_takes_too_long_says_what_it_waits_for() {
    let broker = embedded_broker().start().await.unwrap();
    for (silent, step) in [
        (
            Matcher::from_client(Method::QueueBind).routing_key("wide.b3"),
            "bind queue `wide` to exchange `amqp-rpc` (",
        ),
        (Matcher::from_client(Method::QueueDeclare).queue("deep.c1"), "declare queue `deep.c1` ("),
        (Matcher::from_client(Method::BasicConsume).queue("deep.c9"), "consume queue `deep.c9` (29 of 32 "),
    ] {
        let silence = broker.on(silent, Action::Stall);
        let start = server().start(options(&broker, Duration::from_secs(1)));
        let error = within("the end of the attempt", start).await.map(drop).unwrap_err();
        assert!(matches!(&error, StartError::Connect(ConnectError::PreparationTimeout { .. })), "{error:?}");
        assert!(error.to_string().contains(step), "{error}");
        assert!(!error.to_string().contains("TLS"), "{error}");
        drop(silence);
    }
}
