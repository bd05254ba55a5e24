//! The calling side.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use amqp_rpc_bench_harness::{Caller, Failure};
use amqprs::{
    BasicProperties,
    channel::{
        BasicConsumeArguments, BasicPublishArguments, Channel, ConsumerMessage, QueueDeclareArguments,
    },
    connection::Connection,
};
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use crate::{EchoRequest, JSON, QUEUE, TEXT, open};

#[derive(Clone)]
pub(crate) struct Client(Arc<Shared>);

struct Shared {
    _connection: Connection,
    channel: Channel,
    reply_to: String,
    calls: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>,
}

pub(crate) async fn connect() -> Result<Client, Failure> {
    let (connection, channel) = open().await?;
    let queue = QueueDeclareArguments::exclusive_server_named();
    let (reply_to, _, _) = channel.queue_declare(queue).await?.ok_or("the reply queue has no name")?;
    let consume = BasicConsumeArguments::new(&reply_to, "").manual_ack(false).finish();
    let (_, replies) = channel.basic_consume_rx(consume).await?;
    let client = Client(Arc::new(Shared {
        _connection: connection,
        channel,
        reply_to,
        calls: AtomicU64::new(0),
        waiting: Mutex::default(),
    }));
    tokio::spawn(hand_out(replies, client.clone()));
    Ok(client)
}

async fn hand_out(mut replies: UnboundedReceiver<ConsumerMessage>, client: Client) {
    while let Some(reply) = replies.recv().await {
        let id = reply.basic_properties.as_ref().and_then(|properties| properties.correlation_id());
        let Some(id) = id.and_then(|id| id.parse::<u64>().ok()) else { continue };
        let caller = client.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let (Some(caller), Some(content)) = (caller, reply.content) {
            // A caller that has gone needs no reply.
            let _ = caller.send(content);
        }
    }
}

impl Client {
    async fn call(&self, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let Shared { channel, reply_to, calls, waiting, .. } = &*self.0;
        let id = calls.fetch_add(1, Ordering::Relaxed);
        let (sender, reply) = oneshot::channel();
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        let properties = BasicProperties::default()
            .with_content_type(content_type)
            .with_correlation_id(&id.to_string())
            .with_reply_to(reply_to)
            .finish();
        channel.basic_publish(properties, body, BasicPublishArguments::new("", QUEUE)).await?;
        Ok(reply.await?)
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let reply = self.call(JSON, serde_json::to_vec(&EchoRequest { n })?).await?;
        Ok(serde_json::from_slice(&reply)?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.call(TEXT, text.as_bytes().to_vec()).await? == text.as_bytes())
    }
}
