//! The echo with lapin as people write it: every write awaited where it stands, every delivery acknowledged
//! by itself.
#![allow(clippy::disallowed_types, reason = "speaks AMQP by hand, to be compared with what does it for you")]

use std::sync::{Arc, PoisonError};

use amqp_rpc_bench_harness::Caller;
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{EchoRequest, JSON, PendingCalls, Texts, answer_to};
use crate::{Failure, role::Role, variant::Variant};

#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    _connection: Connection,
    channel: Channel,
    queue: ShortString,
    reply_to: ShortString,
    waiting: PendingCalls<String>,
    texts: Texts,
}

pub(super) async fn connect(role: &Role) -> Result<Client, Failure> {
    let connection = Connection::connect(&role.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let private = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    let reply_to = channel.queue_declare("".into(), private, FieldTable::default()).await?.name().clone();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let replies = channel.basic_consume(reply_to.clone(), "".into(), options, FieldTable::default()).await?;
    let client = Client(Arc::new(Shared {
        _connection: connection,
        channel,
        queue: role.variant.queue().into(),
        reply_to,
        waiting: PendingCalls::default(),
        texts: Texts { as_json: role.json_texts },
    }));
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
    async fn call(&self, content_type: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let Shared { channel, queue, reply_to, waiting, .. } = &*self.0;
        let id = Uuid::new_v4().to_string();
        let (sender, reply) = oneshot::channel();
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        let properties = BasicProperties::default()
            .with_content_type(content_type.into())
            .with_correlation_id(id.into())
            .with_reply_to(reply_to.clone());
        channel
            .basic_publish("".into(), queue.clone(), BasicPublishOptions::default(), body, properties)
            .await?;
        Ok(reply.await?)
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let reply = self.call(JSON, &serde_json::to_vec(&EchoRequest { n })?).await?;
        Ok(serde_json::from_slice(&reply)?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        let (content_type, body) = self.0.texts.encode(text)?;
        let answer = self.call(content_type, &body).await?;
        self.0.texts.is_answer(text, &answer)
    }
}

/// Serves until the connection is dropped.
pub(super) async fn start(role: &Role) -> Result<Connection, Failure> {
    let connection = Connection::connect(&role.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queue = ShortString::from(role.variant.queue());
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.clone(), durable, FieldTable::default()).await?;
    let prefetch = if role.variant == Variant::Tutorial { 1 } else { 256 };
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let requests = channel
        .basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    tokio::spawn(serve(requests, channel, role.variant == Variant::Spawn));
    Ok(connection)
}

async fn serve(mut requests: Consumer, channel: Channel, spawns: bool) {
    while let Some(Ok(request)) = requests.next().await {
        if spawns {
            tokio::spawn(answer_or_say_why_not(channel.clone(), request));
        } else {
            answer_or_say_why_not(channel.clone(), request).await;
        }
    }
}

async fn answer_or_say_why_not(channel: Channel, request: Delivery) {
    if let Err(failure) = answer(&channel, request).await {
        eprintln!("throughput: a server by hand cannot answer a request: {failure}");
    }
}

async fn answer(channel: &Channel, mut request: Delivery) -> Result<(), Failure> {
    let (content_type, body) = answer_to(&mut request).await?;
    let properties = &request.properties;
    let reply_to = properties.reply_to().clone().ok_or("it has no reply address")?;
    let correlation_id = properties.correlation_id().clone().ok_or("it has no correlation id")?;
    let properties =
        BasicProperties::default().with_content_type(content_type.into()).with_correlation_id(correlation_id);
    channel.basic_publish("".into(), reply_to, BasicPublishOptions::default(), &body, properties).await?;
    request.ack(BasicAckOptions::default()).await?;
    Ok(())
}
