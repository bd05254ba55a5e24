//! Consumes a queue, and yields its deliveries as plain data.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::BasicConsumeOptions;

use crate::{
    convert,
    error::BrokerError,
    message::Delivered,
    transport::{cutoff::ConnectionGuard, guard::Findings},
};

/// The deliveries of one queue.
pub struct Consumer {
    inner: lapin::Consumer,
    tag: String,
    channel: u16,
    findings: Arc<Findings>,
    _guard: Arc<ConnectionGuard>,
}

impl Consumer {
    /// Starts a consumer whose tag the broker generates. On LavinMQ a guessable tag would let other clients
    /// receive direct replies.
    pub(crate) async fn start(
        channel: &lapin::Channel,
        queue: &str,
        options: BasicConsumeOptions,
        connection_guard: Arc<ConnectionGuard>,
        findings: Arc<Findings>,
    ) -> Result<Self, BrokerError> {
        let queue = convert::short_string("queue", queue)?;
        let inner = channel.basic_consume(queue, "".into(), options, Default::default()).await?;
        let tag = inner.tag().to_string();
        Ok(Self { inner, tag, channel: channel.id(), findings, _guard: connection_guard })
    }

    /// The consumer tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Waits for the next delivery. Returns `None` when the consumer was cancelled, by this side or by the
    /// broker.
    ///
    /// # Errors
    /// When the channel or the connection was lost. No further delivery follows.
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
            properties: convert::from_lapin(&delivery.properties),
            body: Bytes::from(delivery.data),
        }))
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("channel", &self.channel).finish_non_exhaustive()
    }
}
