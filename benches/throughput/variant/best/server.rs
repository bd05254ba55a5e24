//! The serving side: a task per request.

use futures_util::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, Consumer, ExchangeKind,
    message::Delivery,
    options::{BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::sync::mpsc;

use super::{
    METHOD, PREFETCH, exchange,
    settler::{Finished, settle},
};
use crate::{
    Failure,
    options::Part,
    variant::{EchoRequest, echo},
};

/// Serves until the connection is dropped.
pub(crate) async fn start(part: &Part) -> Result<Connection, Failure> {
    let connection = Connection::connect(&part.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queue = declare(&channel, part).await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let requests = channel
        .basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    let (finished, to_settle) = mpsc::unbounded_channel();
    tokio::spawn(serve(requests, finished));
    tokio::spawn(async move {
        if let Err(failure) = settle(channel, to_settle).await {
            eprintln!("throughput: `best` can settle nothing more: {failure}");
        }
    });
    Ok(connection)
}

/// An exchange and a queue like this library's; dead letters aside, of which there are none.
async fn declare(channel: &Channel, part: &Part) -> Result<ShortString, Failure> {
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    let exchange = exchange(&part.prefix);
    channel.exchange_declare(exchange.clone(), ExchangeKind::Direct, durable, FieldTable::default()).await?;
    let queue = ShortString::from(format!("{}.best", part.prefix));
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("classic".into()));
    channel.queue_declare(queue.clone(), durable, arguments).await?;
    channel
        .queue_bind(queue.clone(), exchange, METHOD.into(), Default::default(), FieldTable::default())
        .await?;
    Ok(queue)
}

async fn serve(mut requests: Consumer, finished: mpsc::UnboundedSender<Finished>) {
    while let Some(Ok(request)) = requests.next().await {
        let finished = finished.clone();
        tokio::spawn(async move {
            match answer(&request).await {
                // Without a settler the program is ending.
                Ok(answer) => drop(finished.send(answer)),
                Err(failure) => eprintln!("throughput: `best` cannot answer a request: {failure}"),
            }
        });
    }
}

async fn answer(request: &Delivery) -> Result<Finished, Failure> {
    let body = serde_json::to_vec(&echo(serde_json::from_slice::<EchoRequest>(&request.data)?).await)?;
    let properties = &request.properties;
    Ok(Finished {
        tag: request.delivery_tag,
        reply_to: properties.reply_to().clone().ok_or("it has no reply address")?,
        correlation_id: properties.correlation_id().clone().ok_or("it has no correlation id")?,
        body,
    })
}
