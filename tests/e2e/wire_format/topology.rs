//! Exchanges and queues: our server and a foreign one declare them with the same arguments.

use amqp_rpc::{
    Server,
    server::{QueueOptions, QueueType},
};
use lapin::{
    ExchangeKind,
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use crate::{
    services::{FibServer, Fibonacci, serve_fib, start},
    support::{RawPeer, Vhost, within},
};

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn arguments<const N: usize>(arguments: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    table
}

/// Declares a queue or exchange that must exist already: the broker refuses any other argument.
async fn declare_queue_again(vhost: &Vhost, queue: &str, arguments: FieldTable) {
    assert!(vhost.queue_exists(queue).await, "{queue} does not exist");
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    RawPeer::connect(&vhost.uri()).await.declare_queue(queue, durable, arguments).await;
}

fn dead_letter_bounds() -> FieldTable {
    arguments([
        ("x-queue-type", text("classic")),
        ("x-max-length", AMQPValue::LongInt(10_000)),
        ("x-message-ttl", AMQPValue::LongInt(7 * 24 * 60 * 60 * 1000)),
    ])
}

#[tokio::test]
async fn a_service_has_a_durable_classic_queue_and_one_for_its_dead_letters() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    assert_eq!(vhost.queues().await, ["fib", "fib.dead"]);
    let of_requests = [("x-queue-type", text("classic")), ("x-dead-letter-exchange", text("amqp-rpc.dead"))];
    declare_queue_again(&vhost, "fib", arguments(of_requests)).await;
    declare_queue_again(&vhost, "fib.dead", dead_letter_bounds()).await;
}

#[tokio::test]
async fn a_quorum_queue_has_a_delivery_limit() {
    let vhost = Vhost::create().await;
    let options = QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(5);
    let _server = start(Server::new().service_with(FibServer::new(Fibonacci), options), &vhost).await;
    let of_requests = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongInt(5)),
        ("x-dead-letter-exchange", text("amqp-rpc.dead")),
    ];
    declare_queue_again(&vhost, "fib", arguments(of_requests)).await;
}

#[tokio::test]
async fn exchanges_are_durable_one_direct_for_requests_and_one_of_headers_for_dead_letters() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for (exchange, kind) in [("amqp-rpc", ExchangeKind::Direct), ("amqp-rpc.dead", ExchangeKind::Headers)] {
        let channel = peer.open_channel().await;
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        for options in [passive, durable] {
            let declared =
                channel.exchange_declare(exchange.into(), kind.clone(), options, FieldTable::default());
            within("the exchange", declared).await.unwrap_or_else(|error| panic!("{exchange}: {error}"));
        }
    }
}
