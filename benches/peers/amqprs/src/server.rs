//! The serving side.

use amqp_rpc_bench_harness::Failure;
use amqprs::{
    BasicProperties,
    channel::{
        BasicAckArguments, BasicConsumeArguments, BasicPublishArguments, BasicQosArguments, Channel,
        ConsumerMessage, QueueDeclareArguments,
    },
    connection::Connection,
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{EchoRequest, JSON, QUEUE, TEXT, open};

const PREFETCH: u16 = 64;

/// Serves until what it returns is dropped.
pub(crate) async fn start() -> Result<(Connection, Channel), Failure> {
    let (connection, channel) = open().await?;
    channel.queue_declare(QueueDeclareArguments::durable_client_named(QUEUE)).await?;
    channel.basic_qos(BasicQosArguments::new(0, PREFETCH, false)).await?;
    let (_, requests) = channel.basic_consume_rx(BasicConsumeArguments::new(QUEUE, "")).await?;
    let serving = channel.clone();
    tokio::spawn(async move {
        if let Err(failure) = answer_all(serving, requests).await {
            eprintln!("amqprs: the server ends: {failure}");
        }
    });
    Ok((connection, channel))
}

async fn answer_all(
    channel: Channel,
    mut requests: UnboundedReceiver<ConsumerMessage>,
) -> Result<(), Failure> {
    while let Some(first) = requests.recv().await {
        let mut last = answer(&channel, first).await?;
        for _ in 1..PREFETCH {
            let Ok(request) = requests.try_recv() else { break };
            last = answer(&channel, request).await?;
        }
        channel.basic_ack(BasicAckArguments::new(last, true)).await?;
    }
    Ok(())
}

/// The delivery tag of the request.
async fn answer(channel: &Channel, request: ConsumerMessage) -> Result<u64, Failure> {
    let deliver = request.deliver.ok_or("a delivery without its method")?;
    let properties = request.basic_properties.ok_or("a delivery without properties")?;
    let content = request.content.ok_or("a delivery without a body")?;
    let (content_type, body) = match properties.content_type().map(String::as_str) {
        Some(TEXT) => (TEXT, content),
        _ => (JSON, serde_json::to_vec(&serde_json::from_slice::<EchoRequest>(&content)?.n)?),
    };
    let reply = BasicProperties::default()
        .with_content_type(content_type)
        .with_correlation_id(properties.correlation_id().ok_or("no correlation id")?)
        .finish();
    let to = properties.reply_to().ok_or("no reply address")?;
    channel.basic_publish(reply, body, BasicPublishArguments::new("", to)).await?;
    Ok(deliver.delivery_tag())
}
