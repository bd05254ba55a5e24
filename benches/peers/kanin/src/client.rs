//! The calling side, by hand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc_bench_harness::{Caller, Failure};
use futures_util::StreamExt;
use kanin::lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use prost::Message;
use tokio::sync::oneshot;

use crate::{
    KEY,
    messages::{EchoRequest, EchoResponse},
};

#[derive(Clone)]
pub(crate) struct Client(Arc<Shared>);

struct Shared {
    _connection: Connection,
    channel: Channel,
    reply_to: ShortString,
    waiting: Mutex<HashMap<String, oneshot::Sender<Vec<u8>>>>,
}

pub(crate) async fn connect(url: &str) -> Result<Client, Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let exclusive = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let reply_to = channel.queue_declare("", exclusive, FieldTable::default()).await?.name().clone();
    let no_ack = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let replies = channel.basic_consume(reply_to.as_str(), "", no_ack, FieldTable::default()).await?;
    let waiting = Mutex::default();
    let client = Client(Arc::new(Shared { _connection: connection, channel, reply_to, waiting }));
    tokio::spawn(hand_out(replies, client.clone()));
    Ok(client)
}

async fn hand_out(mut replies: Consumer, client: Client) {
    while let Some(Ok(reply)) = replies.next().await {
        let Some(id) = reply.properties.correlation_id() else { continue };
        let caller = client.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id.as_str());
        if let Some(caller) = caller {
            // A caller that has gone needs no reply.
            let _ = caller.send(reply.data);
        }
    }
}

impl Client {
    async fn call(&self, request: &EchoRequest) -> Result<EchoResponse, Failure> {
        let Shared { channel, reply_to, waiting, .. } = &*self.0;
        let id = uuid::Uuid::new_v4().to_string();
        let (sender, reply) = oneshot::channel();
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        let properties =
            BasicProperties::default().with_correlation_id(id.into()).with_reply_to(reply_to.clone());
        let body = request.encode_to_vec();
        channel.basic_publish("amq.direct", KEY, BasicPublishOptions::default(), &body, properties).await?;
        Ok(EchoResponse::decode(&reply.await?[..])?)
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.call(&EchoRequest { n, ..Default::default() }).await?.n)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.call(&EchoRequest { text: text.to_owned(), ..Default::default() }).await?.text == text)
    }
}
