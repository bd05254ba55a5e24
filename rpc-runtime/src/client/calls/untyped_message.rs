//! Notifications and events without a contract: by a name, with a body that the sender has made.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use amqp_rpc_transport::HeaderValue;
use bytes::Bytes;
use serde_json::Value;

use super::{
    untyped::UntypedCall,
    untyped_body::UntypedBody,
    untyped_request::{EVENT, NOTIFICATION},
};
use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        handle::Client,
    },
    codec::AnyCodec,
    contract::NoError,
    error::CallError,
};

impl Client {
    /// Sends the notification of this name, such as `mail.send`, with a JSON body: for services whose trait is not at
    /// hand. See [`call_json`](Self::call_json) for the body.
    ///
    /// ```no_run
    /// # use amqp_rpc_runtime::{CallError, Client, contract::NoError};
    /// # use serde_json::json;
    /// # async fn run(client: Client) -> Result<(), CallError<NoError>> {
    /// client.notify_json("mail.send", json!({"to": "ada"})).await?;
    /// client.publish_json("prices.changed", json!({"cents": 100})).topic("eu.de").await?;
    /// # Ok(()) }
    /// ```
    pub fn notify_json(&self, method: impl Into<String>, body: Value) -> UntypedMessage<Value> {
        UntypedMessage(UntypedCall::new(self.clone(), NOTIFICATION, method.into(), body))
    }

    /// Sends the notification of this name with a body that is sent as it is; see
    /// [`call_bytes`](Self::call_bytes).
    pub fn notify_bytes(&self, method: impl Into<String>, body: impl Into<Bytes>) -> UntypedMessage<Bytes> {
        UntypedMessage(UntypedCall::new(self.clone(), NOTIFICATION, method.into(), body.into()))
    }

    /// Publishes the event of this name, such as `prices.changed`, with a JSON body. Its
    /// [topic](UntypedMessage::topic) is empty unless it is given one.
    pub fn publish_json(&self, event: impl Into<String>, body: Value) -> UntypedMessage<Value> {
        UntypedMessage(UntypedCall::new(self.clone(), EVENT, event.into(), body))
    }

    /// Publishes the event of this name with a body that is sent as it is; see
    /// [`call_bytes`](Self::call_bytes).
    pub fn publish_bytes(&self, event: impl Into<String>, body: impl Into<Bytes>) -> UntypedMessage<Bytes> {
        UntypedMessage(UntypedCall::new(self.clone(), EVENT, event.into(), body.into()))
    }
}

/// A notification or an event by its name: nothing is sent until it is awaited, or polled.
///
/// It resolves when the broker has confirmed it. It is delivered as a one-way [`Call`](crate::Call) of a trait without
/// addresses: a notification to the exchange `amqp-rpc`, an event to `amqp-rpc.events`, with the name as routing key,
/// which an event's topic follows. Dropping it stops waiting; a message that was published stays published.
///
/// # Errors
/// As a one-way [`Call`](crate::Call). A name that is empty or has an empty part, as in `mail..send`, and a topic that
/// cannot be sent fail with `Encode`, and nothing is sent.
#[must_use = "a message is only sent when it is awaited"]
pub struct UntypedMessage<B: UntypedBody>(UntypedCall<B>);

impl<B: UntypedBody> UntypedMessage<B> {
    /// The time to wait for the publisher confirm; see [`Call::timeout`](crate::Call::timeout). Default: the
    /// client's.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Adds a header to the message.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        Self(self.0.header(name, value))
    }

    /// The message's priority; see [`Call::priority`](crate::Call::priority).
    pub fn priority(self, priority: u8) -> Self {
        Self(self.0.priority(priority))
    }

    /// Refuses a notification with `NoConsumer` when its queue has no consumers; see
    /// [`Call::fail_fast`](crate::Call::fail_fast). An event has no queue, and is published all the same.
    pub fn fail_fast(self) -> Self {
        Self(self.0.fail_fast())
    }

    /// Inherits nothing from the call that is being served; see [`Call::detached`](crate::Call::detached).
    pub fn detached(self) -> Self {
        Self(self.0.detached())
    }

    /// Sets the `message_id`, by which receivers tell repetitions. Default: a random one.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        Self(self.0.idempotency_key(key))
    }

    /// Says that handling it twice is harmless: after the loss of the connection it is sent again, with the same
    /// `message_id`.
    pub fn idempotent(self) -> Self {
        Self(self.0.idempotent())
    }

    /// Publishes to `exchange`; see [`UntypedCall::exchange`]. Default: `amqp-rpc`, and `amqp-rpc.events` for an
    /// event.
    pub fn exchange(self, exchange: impl Into<String>) -> Self {
        Self(self.0.exchange(exchange))
    }

    /// Publishes under `routing_key`, which an event's topic follows. Default: the name.
    pub fn routing_key(self, routing_key: impl Into<String>) -> Self {
        Self(self.0.routing_key(routing_key))
    }

    /// The queue of a notification, for [`fail_fast`](Self::fail_fast); see [`UntypedCall::queue`].
    pub fn queue(self, queue: impl Into<String>) -> Self {
        Self(self.0.queue(queue))
    }

    /// The topic of an event: words between dots, such as `eu.de`; see [`Call::topic`](crate::Call::topic). Default: the
    /// empty topic. A notification has none, and fails with `Encode`.
    pub fn topic(self, topic: impl Into<String>) -> Self {
        Self(self.0.with(|request| request.topic = topic.into()))
    }
}

impl UntypedMessage<Value> {
    /// The codec that the value is written in; see [`codec`](crate::codec). Default: JSON.
    pub fn codec(self, codec: impl Into<AnyCodec>) -> Self {
        Self(self.0.codec(codec))
    }
}

impl UntypedMessage<Bytes> {
    /// The content type of the body; see [`UntypedCall::content_type`].
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        Self(self.0.content_type(content_type))
    }
}

impl<B: UntypedBody> Future for UntypedMessage<B> {
    type Output = Result<(), CallError<NoError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // What layers return in place of the confirm says nothing.
        self.0.poll_reply(cx).map_ok(drop)
    }
}

impl<B: UntypedBody> MadeByClient for UntypedMessage<B> {
    fn waiter(&self) -> Option<Waiter> {
        self.0.waiter()
    }
}

impl<B: UntypedBody> fmt::Debug for UntypedMessage<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UntypedMessage").field(&self.0).finish()
    }
}
