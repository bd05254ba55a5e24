//! The calling side, by hand: an exclusive reply queue, as kanin's own tests have it. `note` is a one-way message.

use futures_util::StreamExt;
use kanin::lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use peer_program::{Call, Failure, error, timed_out, url, value};
use prost::Message;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::messages::{ComputeReply, ComputeRequest, Note, Outcome};

const EXCHANGE: &str = "amq.direct";
const CORRELATION_ID: &str = "1";

pub(crate) async fn call(call: &Call) -> Result<(), Failure> {
    let connection = Connection::connect(&url()?, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    if call.method == "note" {
        let text = call.arguments["text"].as_str().unwrap_or_default().to_owned();
        publish(&channel, call, &Note { text }, properties()).await?;
        value(&Value::Null);
    } else {
        match reply(&channel, call).await? {
            None => timed_out(),
            Some(Outcome::Value(n)) => value(&json!(n)),
            Some(Outcome::Error(text)) => error("error", &text),
        }
    }
    // The broker may end the connection before lapin has read that it agrees; what was asked for is done.
    let _ = connection.close(200, "").await;
    Ok(())
}

/// The reply to a request with a reply address; `None` when none comes in time.
async fn reply(channel: &Channel, call: &Call) -> Result<Option<Outcome>, Failure> {
    let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let reply_to = channel.queue_declare("", exclusive, FieldTable::default()).await?.name().clone();
    let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut replies = channel.basic_consume(reply_to.as_str(), "", no_ack, FieldTable::default()).await?;
    let request = ComputeRequest { n: call.arguments["n"].as_u64().unwrap_or_default() };
    publish(channel, call, &request, properties().with_reply_to(reply_to)).await?;
    let Ok(delivery) = timeout(call.timeout, replies.next()).await else { return Ok(None) };
    let delivery = delivery.ok_or("the broker cancelled the reply queue")??;
    let id = delivery.properties.correlation_id().as_ref().map(ShortString::as_str);
    if id != Some(CORRELATION_ID) {
        return Err(format!("the reply has the correlation id {id:?}").into());
    }
    let reply = ComputeReply::decode(&delivery.data[..])?;
    Ok(Some(reply.outcome.ok_or("the reply has no outcome")?))
}

async fn publish(
    channel: &Channel,
    call: &Call,
    request: &impl Message,
    properties: BasicProperties,
) -> Result<(), Failure> {
    let (routing_key, body) = (call.full_name(), request.encode_to_vec());
    let options = BasicPublishOptions::default();
    channel.basic_publish(EXCHANGE, &routing_key, options, &body, properties).await?.await?;
    Ok(())
}

/// The header is the one by which kanin's logs tell requests apart.
fn properties() -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("req_id".into(), AMQPValue::LongString("request-0".into()));
    BasicProperties::default()
        .with_headers(headers)
        .with_app_id("kanin peer".into())
        .with_correlation_id(CORRELATION_ID.into())
}
