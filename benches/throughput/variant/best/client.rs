//! The calling side: a number per call, one poll per request.

use std::{
    collections::HashMap,
    sync::{
        Arc, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use futures_util::{FutureExt, StreamExt};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use tokio::sync::oneshot;

use super::{JSON, METHOD, exchange};
use crate::{
    Failure,
    options::Part,
    variant::{Caller, EchoRequest, Waiting},
};

const TIMEOUT_MILLISECONDS: u32 = 10_000;

#[derive(Clone)]
pub(crate) struct Client(Arc<Shared>);

struct Shared {
    _connection: Connection,
    channel: Channel,
    exchange: ShortString,
    reply_to: ShortString,
    calls: AtomicU64,
    waiting: Waiting<u64>,
}

pub(crate) async fn connect(part: &Part) -> Result<Client, Failure> {
    let connection = Connection::connect(&part.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let private = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    let reply_to = channel.queue_declare("".into(), private, FieldTable::default()).await?.name().clone();
    let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
    let replies = channel.basic_consume(reply_to.clone(), "".into(), options, FieldTable::default()).await?;
    let client = Client(Arc::new(Shared {
        _connection: connection,
        channel,
        exchange: exchange(&part.prefix),
        reply_to,
        calls: AtomicU64::new(0),
        waiting: Waiting::default(),
    }));
    tokio::spawn(hand_out(replies, client.clone()));
    Ok(client)
}

async fn hand_out(mut replies: Consumer, client: Client) {
    while let Some(Ok(reply)) = replies.next().await {
        let id = reply.properties.correlation_id().as_ref().and_then(|id| id.as_str().parse().ok());
        let caller = id.and_then(|id| client.waiting().remove(&id));
        if let Some(caller) = caller {
            // A caller that has gone needs no reply.
            let _ = caller.send(reply.data);
        }
    }
}

impl Client {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Vec<u8>>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, id: u64, body: &[u8]) -> Result<(), Failure> {
        let Shared { channel, exchange, reply_to, .. } = &*self.0;
        let properties = BasicProperties::default()
            .with_content_type(JSON.into())
            .with_delivery_mode(1)
            .with_correlation_id(id.to_string().into())
            .with_reply_to(reply_to.clone())
            .with_expiration(TIMEOUT_MILLISECONDS.to_string().into())
            .with_timestamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
            .with_type(METHOD.into());
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let publish = channel.basic_publish(exchange.clone(), METHOD.into(), options, body, properties);
        // Queued whole by one poll; the rest of the future would only wait for the write.
        match publish.now_or_never() {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let id = self.0.calls.fetch_add(1, Ordering::Relaxed);
        let (sender, reply) = oneshot::channel();
        self.waiting().insert(id, sender);
        self.publish(id, &serde_json::to_vec(&EchoRequest { n })?)?;
        Ok(serde_json::from_slice(&reply.await?)?)
    }
}
