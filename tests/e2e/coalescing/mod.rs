//! Several calls in one message, and several replies.

mod client;
mod failures;
mod foreign_client;
mod parts;
mod refused;
mod server;
mod whole_replies;

use std::time::Duration;

use amqp_rpc::Client;
use futures_util::future::join_all;
use lapin::{BasicProperties, types::FieldTable};

use self::parts::{COALESCED, body_of};
use crate::{
    services::{GateClient, Gatekeeper, serve_gate},
    support::{Message, RawPeer, Vhost, raw_peer::Inbox, within},
};

/// A client whose calls share messages.
async fn coalescing(vhost: &Vhost) -> Client {
    let client = Client::builder().timeout(Duration::from_secs(30)).coalesce(64).connect(vhost.uri());
    within("the client to connect", client).await.expect("the client connects")
}

/// Calls that are made at once. They are ready before anything is written.
async fn echo_all(gates: &GateClient, tags: std::ops::Range<u64>) -> Vec<u64> {
    let echoes = join_all(tags.map(|tag| gates.echo(tag)));
    within("the echoes", echoes).await.into_iter().map(|echo| echo.expect("the call succeeds")).collect()
}

/// A foreign server of the gate's queue, which reads coalesced messages as far as the test says.
struct ForeignServer {
    peer: RawPeer,
    requests: Inbox,
}

impl ForeignServer {
    async fn start(vhost: &Vhost) -> Self {
        // Declares what it needs.
        serve_gate(vhost, &Gatekeeper::closed(), 1).await.shutdown().await.expect("it stops");
        let peer = RawPeer::connect(&vhost.uri()).await;
        let requests = peer.consume("gate", 0).await;
        Self { peer, requests }
    }

    async fn next(&mut self) -> Message {
        self.requests.next().await
    }

    /// Answers a message as a whole.
    async fn answer(&self, request: &Message, kind: &str, body: &[u8], calls_per_message: Option<i64>) {
        let reply = BasicProperties::default()
            .with_correlation_id(request.correlation_id().expect("it has an id").into())
            .with_type(kind.into());
        let reply = with_calls_per_message(reply, calls_per_message);
        let reply_to = request.reply_to().expect("it has a caller");
        self.peer.publish("", reply_to, reply, body).await;
    }

    /// Answers each part of a request, all in one message.
    async fn answer_together(&self, request: &Message, bodies: &[&str], calls_per_message: Option<i64>) {
        let parts = parts::parts_of(request);
        assert_eq!(parts.len(), bodies.len());
        let replies: Vec<_> = parts
            .iter()
            .zip(bodies)
            .map(|(part, body)| {
                let properties = BasicProperties::default()
                    .with_correlation_id(part.correlation_id().into())
                    .with_type("result".into());
                (properties, body.as_bytes())
            })
            .collect();
        let whole = BasicProperties::default().with_content_type(COALESCED.into());
        let whole = with_calls_per_message(whole, calls_per_message);
        self.peer.publish("", request.reply_to().expect("it has a caller"), whole, &body_of(&replies)).await;
    }
}

/// A client, and a foreign server that has said that it reads so many calls in one message.
async fn client_that_knows(vhost: &Vhost, calls: i64) -> (ForeignServer, GateClient) {
    let mut server = ForeignServer::start(vhost).await;
    let gates = GateClient::new(coalescing(vhost).await);
    let call = tokio::spawn(gates.echo(0));
    let request = server.next().await;
    server.answer(&request, "result", b"0", Some(calls)).await;
    within("the first call", call).await.expect("it does not panic").expect("it succeeds");
    (server, gates)
}

fn with_calls_per_message(properties: BasicProperties, calls: Option<i64>) -> BasicProperties {
    let Some(calls) = calls else { return properties };
    let mut headers = FieldTable::default();
    headers.insert("calls-per-message".into(), lapin::types::AMQPValue::LongLongInt(calls));
    properties.with_headers(headers)
}
