//! A consumer: deliveries as plain data, until it ends.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::BasicConsumeOptions;

use crate::{
    error::BrokerError,
    message::Delivered,
    properties,
    transport::{cutoff::ConnectionGuard, guard::Findings},
};

/// Deliveries of one queue.
pub struct Consumer {
    inner: lapin::Consumer,
    tag: String,
    channel: u16,
    findings: Arc<Findings>,
    _guard: Arc<ConnectionGuard>,
}

impl Consumer {
    /// The broker makes the tag: on LavinMQ a guessable one would let others receive direct replies.
    pub(crate) async fn start(
        channel: &lapin::Channel,
        queue: &str,
        options: BasicConsumeOptions,
        connection_guard: Arc<ConnectionGuard>,
        findings: Arc<Findings>,
    ) -> Result<Self, BrokerError> {
        let queue = properties::short("queue", queue).map_err(properties::Unwritable::into_broker_error)?;
        let inner = channel.basic_consume(queue, "".into(), options, Default::default()).await?;
        let tag = inner.tag().to_string();
        Ok(Self { inner, tag, channel: channel.id(), findings, _guard: connection_guard })
    }

    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The next delivery.
    ///
    /// `Err` when channel or connection were lost, `None` when the consumer was cancelled, by us or by the broker. After
    /// either there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Delivered, BrokerError>> {
        let delivery = match self.inner.next().await? {
            Ok(delivery) => delivery,
            Err(error) => return Some(Err(error.into())),
        };
        Some(Ok(Delivered {
            refusal: self.findings.take_refusal(self.channel, delivery.delivery_tag),
            tag: delivery.delivery_tag,
            redelivered: delivery.redelivered,
            exchange: delivery.exchange.into(),
            routing_key: delivery.routing_key.into(),
            properties: properties::read(&delivery.properties),
            body: Bytes::from(delivery.data),
        }))
    }
}
