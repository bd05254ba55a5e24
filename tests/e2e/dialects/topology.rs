//! What a dialect declares: exchanges of every type, durable or not, that go with their last binding or stay.

use amqp_rpc::{
    Headers, Server,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Binding, Delivery, Exchange, ExchangeKind, Incoming, Queue, ServerDialect,
        ServiceTopology, Topology, Unsupported,
    },
};
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};

use crate::{
    services::{FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, within},
};

const QUEUE: &str = "peers";

/// Declares its topology, and answers nothing.
#[derive(Debug)]
struct Declares(Topology);

impl ServerDialect for Declares {
    fn name(&self) -> &'static str {
        "declares"
    }

    fn topology(&self, _: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        Ok(ServiceTopology { queues: vec![QUEUE.to_owned()], topology: self.0.clone() })
    }

    fn read_request(&self, _: &ServiceDef, _: Delivery) -> Incoming {
        Incoming::Ignored("no request is read".to_owned())
    }

    fn allows_reply_to(&self, _: &str) -> bool {
        false
    }

    fn answer(&self, _: &Answered<'_>) -> Answer {
        Answer::Reject
    }
}

/// All exchanges are bound to one queue, which goes with its last consumer.
fn topology(exchanges: &[Exchange]) -> Topology {
    let binding = |exchange: &Exchange| Binding {
        queue: QUEUE.to_owned(),
        exchange: exchange.name.clone(),
        routing_key: QUEUE.to_owned(),
        arguments: Headers::new(),
    };
    Topology {
        exchanges: exchanges.to_vec(),
        queues: vec![Queue::durable(QUEUE, Headers::new()).auto_delete()],
        bindings: exchanges.iter().map(binding).collect(),
    }
}

fn exchanges() -> [Exchange; 5] {
    [
        Exchange::durable("durable direct", ExchangeKind::Direct),
        Exchange::durable("durable fanout", ExchangeKind::Fanout),
        Exchange::durable("auto-delete headers", ExchangeKind::Headers).auto_delete(),
        Exchange::transient("transient topic", ExchangeKind::Topic),
        Exchange::transient("transient and auto-delete direct", ExchangeKind::Direct).auto_delete(),
    ]
}

async fn declare_exchange(
    peer: &RawPeer,
    name: &str,
    kind: lapin::ExchangeKind,
    options: ExchangeDeclareOptions,
) -> lapin::Result<()> {
    // A refused declaration closes its channel.
    let channel = peer.open_channel().await;
    let declared = channel.exchange_declare(name.into(), kind, options, Default::default());
    within("the broker's answer", declared).await
}

fn of_lapin(kind: ExchangeKind) -> lapin::ExchangeKind {
    match kind {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
        ExchangeKind::Headers => lapin::ExchangeKind::Headers,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
    }
}

#[tokio::test]
async fn exchanges_are_declared_as_the_dialect_says_and_not_otherwise() {
    let vhost = Vhost::create().await;
    let dialect = Declares(topology(&exchanges()));
    let _server = start(Server::new().service_in(FibServer::new(Fibonacci), dialect), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let kinds = [ExchangeKind::Direct, ExchangeKind::Fanout, ExchangeKind::Headers, ExchangeKind::Topic];
    for exchange in exchanges() {
        for kind in kinds {
            for (durable, auto_delete) in [(false, false), (false, true), (true, false), (true, true)] {
                let options = ExchangeDeclareOptions { durable, auto_delete, ..Default::default() };
                let declared = declare_exchange(&peer, &exchange.name, of_lapin(kind), options).await;
                let other = Exchange { kind, durable, auto_delete, ..exchange.clone() };
                assert_eq!(declared.is_ok(), other == exchange, "{other:?}: {declared:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_auto_delete_queue_goes_with_the_server_and_so_do_the_exchanges_that_it_leaves_unbound() {
    let vhost = Vhost::create().await;
    let dialect = Declares(topology(&exchanges()));
    let server = start(Server::new().service_in(FibServer::new(Fibonacci), dialect), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let same = QueueDeclareOptions { durable: true, auto_delete: true, ..Default::default() };
    peer.declare_queue(QUEUE, same, Default::default()).await;

    within("the server to stop", server.shutdown()).await.unwrap();

    assert_eq!(vhost.queues().await, [""; 0]);
    for exchange in exchanges() {
        let passive = ExchangeDeclareOptions { passive: true, ..Default::default() };
        let found = declare_exchange(&peer, &exchange.name, of_lapin(exchange.kind), passive).await;
        assert_eq!(found.is_ok(), !exchange.auto_delete, "{}: {found:?}", exchange.name);
    }
}
