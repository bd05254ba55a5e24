//! The RPC tutorial of RabbitMQ: its contract, our server of it, and a server that the test plays by hand.

mod calling;
mod faults;
mod interop;
mod open_questions;
mod replies;
mod serving;
mod takeover;

use amqp_rpc::{Client, RunningServer, Server, rpc_service, server::QueueOptions};
use lapin::{BasicProperties, options::QueueDeclareOptions, types::FieldTable};

use crate::{
    services::{Fibonacci, connect, start},
    support::{Message, RawPeer, Vhost, raw_peer::Inbox},
};

/// As the tutorial's Python programs speak it: default exchange, the bare number as the body.
#[rpc_service(exchange = "")]
pub(crate) trait Tutorial {
    #[rpc(routing_key = "rpc_queue", bare)]
    async fn fib(&self, n: u64) -> u64;
}

impl Tutorial for Fibonacci {
    async fn fib(&self, n: u64) -> u64 {
        assert!(n <= 90, "fib({n}) is too large");
        (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
    }
}

/// A queue as the tutorial declared it at first.
pub(crate) fn seed_shape() -> QueueOptions {
    QueueOptions::plain().durable(false)
}

/// A queue as the tutorial declares it today.
pub(crate) fn upstream_shape() -> QueueOptions {
    QueueOptions::plain().argument("x-queue-type", "quorum")
}

/// Our server of the tutorial's service.
pub(crate) async fn serve_tutorial(vhost: &Vhost, shape: QueueOptions) -> RunningServer {
    start(Server::new().service_with(TutorialServer::new(Fibonacci), shape), vhost).await
}

/// A foreign server of the tutorial's service, which answers when the test says so.
pub(crate) struct ForeignServer {
    pub(crate) peer: RawPeer,
    pub(crate) requests: Inbox,
}

impl ForeignServer {
    /// Declares `rpc_queue` in the seed's shape and consumes it without prefetch limit.
    pub(crate) async fn start(vhost: &Vhost) -> Self {
        let peer = RawPeer::connect(&vhost.uri()).await;
        peer.declare_queue("rpc_queue", QueueDeclareOptions::default(), FieldTable::default()).await;
        let requests = peer.consume("rpc_queue", 0).await;
        Self { peer, requests }
    }

    pub(crate) async fn next(&mut self) -> Message {
        self.requests.next().await
    }

    /// Replies as the tutorial does: `correlation_id` and no other property.
    pub(crate) async fn answer(&self, request: &Message, body: impl ToString) {
        let id = request.correlation_id().expect("requests have a correlation id");
        self.answer_as(request, BasicProperties::default().with_correlation_id(id.into()), body).await;
    }

    /// Replies with any properties.
    pub(crate) async fn answer_as(
        &self,
        request: &Message,
        properties: BasicProperties,
        body: impl ToString,
    ) {
        let reply_to = request.reply_to().expect("requests have a reply address");
        self.peer.publish("", reply_to, properties, body.to_string().as_bytes()).await;
    }
}

/// A foreign server and a client of it.
pub(crate) async fn foreign_server_and_client(vhost: &Vhost) -> (ForeignServer, Client, TutorialClient) {
    let server = ForeignServer::start(vhost).await;
    let client = connect(vhost).await;
    (server, client.clone(), TutorialClient::new(client))
}
