//! Start errors of a server: each says what to do.

use amqp_rpc::{
    Server,
    error::{ConnectError, StartError},
    rpc_service,
    server::{Declare, QueueOptions, QueueType},
};
use lapin::{
    ExchangeKind,
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::FieldTable,
};

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateServer, Gatekeeper, connect, serve_fib, start},
    support::{Permissions, RawPeer, Vhost, await_until},
};

fn fib() -> Server {
    Server::new().service(FibServer::new(Fibonacci))
}

async fn refused(server: Server, uri: &str) -> StartError {
    server.start(uri).await.expect_err("the server does not start")
}

#[tokio::test]
async fn duplicate_routing_keys_are_refused_by_name() {
    #[rpc_service(name = "copy", queue = "copies")]
    trait Copycat {
        #[rpc(routing_key = "fib.compute")]
        async fn compute(&self, n: u64) -> u64;
    }
    struct Copy;
    impl Copycat for Copy {
        async fn compute(&self, n: u64) -> u64 {
            n
        }
    }
    let vhost = Vhost::create().await;
    let error = refused(fib().service(CopycatServer::new(Copy)), &vhost.uri()).await;
    let text = error.to_string();
    for name in ["fib.compute", "copy.compute", "amqp-rpc"] {
        assert!(text.contains(name), "{text}");
    }
    let error = refused(fib().service(FibServer::new(Fibonacci)), &vhost.uri()).await;
    assert!(matches!(error, StartError::DuplicateRoute { .. }), "{error:?}");
}

#[tokio::test]
async fn options_that_cannot_work_are_refused() {
    let vhost = Vhost::create().await;
    let error = refused(Server::new(), &vhost.uri()).await;
    assert!(matches!(error, StartError::NoService), "{error:?}");
    for server in [fib().concurrency(0), fib().namespace("")] {
        let error = refused(server, &vhost.uri()).await;
        assert!(matches!(error, StartError::InvalidOption(_)), "{error:?}");
    }
    let error = refused(fib(), "http://localhost").await;
    assert!(matches!(error, StartError::Connect(ConnectError::InvalidUri(_))), "{error:?}");
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_named_with_what_to_do() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue("fib", QueueDeclareOptions::default(), FieldTable::default()).await;

    let error = refused(fib(), &vhost.uri()).await;
    assert!(matches!(&error, StartError::QueueMismatch { queue, .. } if queue == "fib"), "{error:?}");
    assert!(error.to_string().contains("Declare::Passive"), "{error}");
    await_until("no connection is left", || async { vhost.connections().await == 1 }).await;

    // The two remedies that the error names: use the queue as it is, or declare it the same way.
    let server = start(fib().declare(Declare::None), &vhost).await;
    server.shutdown().await.unwrap();
    let server = start(fib().queue_options(QueueOptions::plain().durable(false)), &vhost).await;
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
    server.shutdown().await.unwrap();
    start(fib().declare(Declare::Passive), &vhost).await.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_exchange_of_another_type_is_named() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let channel = peer.open_channel().await;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel
        .exchange_declare("amqp-rpc".into(), ExchangeKind::Topic, durable, Default::default())
        .await
        .unwrap();

    let error = refused(fib(), &vhost.uri()).await;
    assert!(
        matches!(&error, StartError::ExchangeMismatch { exchange, .. } if exchange == "amqp-rpc"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_missing_queue_or_exchange_is_named_when_declaring_is_off() {
    let vhost = Vhost::create().await;
    let error = refused(fib().declare(Declare::Passive), &vhost.uri()).await;
    assert!(
        matches!(&error, StartError::Missing { what: "exchange", name, .. } if name == "amqp-rpc"),
        "{error:?}"
    );
    let error = refused(fib().declare(Declare::None), &vhost.uri()).await;
    assert!(matches!(&error, StartError::Missing { what: "queue", name, .. } if name == "fib"), "{error:?}");
    assert_eq!(vhost.queues().await, [""; 0]);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let mut vhost = Vhost::create().await;
    let uri = vhost.add_user("server", "secret", Permissions::NONE).await;
    let error = refused(fib(), &uri).await;
    match &error {
        StartError::AccessRefused { user, action, name, .. } => {
            assert!(user.starts_with("server"), "{user}");
            assert_eq!((*action, name.as_str()), ("declare exchange", "amqp-rpc"));
        }
        other => panic!("{other:?}"),
    }

    serve_fib(&vhost).await.shutdown().await.unwrap();
    let error = refused(fib().declare(Declare::None), &uri).await;
    assert!(matches!(&error, StartError::AccessRefused { action: "consume queue", .. }), "{error:?}");
}

#[tokio::test]
async fn a_queue_of_another_connection_is_named() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let exclusive = QueueDeclareOptions { exclusive: true, ..Default::default() };
    peer.declare_queue("fib", exclusive, FieldTable::default()).await;
    let error = refused(fib(), &vhost.uri()).await;
    assert!(matches!(&error, StartError::Locked { queue, .. } if queue == "fib"), "{error:?}");
}

#[tokio::test]
async fn each_service_may_have_its_own_queue_options() {
    let vhost = Vhost::create().await;
    let server = Server::new().service(FibServer::new(Fibonacci)).service_with(
        GateServer::new(Gatekeeper::closed()),
        QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(3),
    );
    let server = start(server, &vhost).await;
    assert_eq!(vhost.queues().await, ["fib", "fib.dead", "gate", "gate.dead"]);
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
    server.shutdown().await.unwrap();

    // RabbitMQ reports that the second queue is a quorum queue, LavinMQ does not name what differs.
    let error = refused(Server::new().service(GateServer::new(Gatekeeper::closed())), &vhost.uri()).await;
    match error {
        StartError::QueueMismatch { queue, source } => {
            assert_eq!(queue, "gate");
            let words = if vhost.is_lavinmq() { "declared with other arguments" } else { "quorum" };
            assert!(source.message().contains(words), "{source}");
        }
        other => panic!("{other:?}"),
    }
}
