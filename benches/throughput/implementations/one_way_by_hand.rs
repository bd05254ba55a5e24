//! One-way messages with lapin by hand, as fast as is known: queued by one poll each, confirms awaited by
//! all at once.
//!
//! The same properties, persistent, notifications mandatory. One lock is needed: lapin mixes up the confirms
//! of two tasks that publish at the same moment. What is left out is what a library is for: timeouts, a bound
//! on what is under way, lost connections, returned messages, confirms after a timeout.
#![allow(clippy::disallowed_types, reason = "speaks AMQP by hand, to be compared with what does it for you")]

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::{SystemTime, UNIX_EPOCH},
};

use amqp_rpc_bench_harness::Caller;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use uuid::Uuid;

use super::{EchoRequest, one_way_with_amqp_rpc};
use crate::{Failure, role::Role};

#[derive(Clone)]
pub(super) struct Publisher(Arc<Shared>);

struct Shared {
    _connection: Connection,
    channel: Channel,
    numbering: Mutex<()>,
    exchange: ShortString,
    routing_key: ShortString,
    is_mandatory: bool,
    sent: AtomicU64,
}

pub(super) async fn connect(role: &Role) -> Result<Publisher, Failure> {
    let connection = Connection::connect(&role.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let is_event = role.variant.is_event();
    Ok(Publisher(Arc::new(Shared {
        _connection: connection,
        channel,
        numbering: Mutex::default(),
        exchange: role.variant.exchange().into(),
        routing_key: if is_event { one_way_with_amqp_rpc::CHANGED } else { one_way_with_amqp_rpc::NOTE }
            .into(),
        is_mandatory: !is_event,
        sent: AtomicU64::new(0),
    })))
}

impl Caller for Publisher {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let Shared { channel, numbering, exchange, routing_key, is_mandatory, sent, .. } = &*self.0;
        let body = serde_json::to_vec(&EchoRequest { n })?;
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(2)
            .with_correlation_id(sent.fetch_add(1, Ordering::Relaxed).to_string().into())
            .with_message_id(Uuid::new_v4().to_string().into())
            .with_timestamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
            .with_type(routing_key.clone());
        let options = BasicPublishOptions { mandatory: *is_mandatory, immediate: false };
        let publish =
            channel.basic_publish(exchange.clone(), routing_key.clone(), options, &body, properties);
        let mut publish = pin!(publish);
        let queued = poll_fn(|cx| {
            let _numbering = numbering.lock().unwrap_or_else(PoisonError::into_inner);
            Poll::Ready(publish.as_mut().poll(cx))
        });
        let confirm = match queued.await {
            Poll::Ready(confirm) => confirm?,
            Poll::Pending => publish.await?,
        };
        match confirm.await? {
            lapin::Confirmation::Ack(None) => Ok(n),
            other => Err(format!("the broker said {other:?} of a message").into()),
        }
    }
}
