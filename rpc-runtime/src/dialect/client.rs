//! The client's side of a dialect.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use amqp_rpc_transport::{Headers, Properties, Topology};
use bytes::Bytes;
use smol_str::SmolStr;

use super::{Delivery, Unsupported};
use crate::{
    codec::AnyCodec,
    contract::{MethodDef, MethodKind},
    message::Fault,
    wire::{reply_address::REPLY_QUEUE_PREFIX, request::expiration_text},
};

/// How methods are called where a peer of another framework serves them.
///
/// Its functions are called for each message and must not wait.
pub trait ClientDialect: fmt::Debug + Send + Sync + 'static {
    /// The name for logs and errors, such as `nameko`.
    fn name(&self) -> &'static str;

    /// The codec of requests. Default: JSON.
    fn codec(&self) -> AnyCodec {
        AnyCodec::JSON
    }

    /// The codec of replies that have a content type which it reads. Others are read by the codecs of the library. Default:
    /// that of requests.
    fn reply_codec(&self) -> AnyCodec {
        self.codec()
    }

    /// Returns whether replies may come by direct reply-to. If not, the client must have a queue for them, which is the
    /// default.
    fn takes_direct_replies(&self) -> bool;

    /// The name of the client's reply queue, made of `unique`, a new UUID. Default: `amqp-rpc.reply.{unique}`.
    fn reply_queue(&self, unique: &str) -> String {
        format!("{REPLY_QUEUE_PREFIX}{unique}")
    }

    /// Where the requests of a method go. `name` is its full name, as `{service}.{method}`; in an untyped call it may be of
    /// a method that has no definition.
    ///
    /// # Errors
    /// When the wire cannot say the request, or the peer would die of it. The call fails with `Encode`, and nothing is
    /// sent.
    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported>;

    /// What the client declares and binds before the first request to an exchange, on each connection anew: the bindings
    /// by which replies reach its queue. Default: nothing.
    fn reply_bindings(&self, binding: &ReplyBinding<'_>) -> Topology {
        let _ = binding;
        Topology::default()
    }

    /// Writes a request.
    ///
    /// # Errors
    /// When the wire cannot say it, or the peer would die of it. The call fails with `Encode`, and nothing is sent.
    fn write_request(&self, request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported>;

    /// Returns the id of the call that a reply belongs to. Default: its correlation id.
    fn correlation_id(&self, reply: &Delivery) -> Option<SmolStr> {
        reply.properties.correlation_id.clone()
    }

    /// Reads a reply.
    fn read_reply(&self, reply: Delivery) -> PeerReply;
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The exchange; empty for the default exchange.
    pub exchange: Cow<'static, str>,
    /// The routing key.
    pub routing_key: Cow<'static, str>,
    /// The queue that it waits in, if that is known. By it the client finds out whether anybody serves the method.
    pub queue: Cow<'static, str>,
}

/// The reply queue of a client, and an exchange that it is about to publish to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReplyBinding<'a> {
    /// The exchange of the requests.
    pub exchange: &'a str,
    /// The client's reply queue; `amq.rabbitmq.reply-to` for direct reply-to.
    pub queue: &'a str,
}

impl<'a> ReplyBinding<'a> {
    /// A reply queue and an exchange, for the tests of a dialect.
    #[must_use]
    pub const fn new(exchange: &'a str, queue: &'a str) -> Self {
        Self { exchange, queue }
    }
}

/// A request that is to be written.
#[non_exhaustive]
pub struct OutgoingRequest<'a> {
    /// The method; with empty names in an untyped call.
    pub method: &'static MethodDef,
    /// Its full name, as `{service}.{method}`.
    pub name: &'a str,
    /// Whether a reply is expected.
    pub is_call: bool,
    /// The content type of `body`.
    pub content_type: &'a str,
    /// The encoded parameters.
    pub body: &'a Bytes,
    /// The headers of the call.
    pub headers: Headers,
    /// An id that no other message has. A reply must bring it back.
    pub correlation_id: SmolStr,
    /// The client's reply address; `None` for a one-way message.
    pub reply_to: Option<SmolStr>,
    /// The time that is left of the call, rounded up to milliseconds; `None` without a limit, and for a one-way message.
    pub remaining: Option<Duration>,
    /// The same in milliseconds, as the property `expiration`, rounded up as far as the broker needs it.
    pub expiration: Option<SmolStr>,
    /// The priority of the call.
    pub priority: Option<u8>,
    /// The idempotency key of a call; of a one-way message an id that stays the same when it is sent again.
    pub message_id: Option<SmolStr>,
    /// The application that the client states.
    pub app_id: Option<Arc<str>>,
    /// The user of the connection, if the client states it.
    pub user_id: Option<Arc<str>>,
}

/// A request as the peer reads it. It is published mandatory: if no queue takes it, the call fails with `Unroutable`.
pub struct RequestMessage {
    /// Its properties.
    pub properties: Properties,
    /// Its body.
    pub body: Bytes,
}

impl<'a> OutgoingRequest<'a> {
    /// A request in the codec `content_type` that has nothing but an id, for the tests of a dialect: set what they need.
    pub fn new(
        method: &'static MethodDef,
        name: &'a str,
        content_type: &'a str,
        body: &'a Bytes,
        correlation_id: impl Into<SmolStr>,
    ) -> Self {
        Self {
            method,
            name,
            is_call: method.kind == MethodKind::Call,
            content_type,
            body,
            headers: Headers::new(),
            correlation_id: correlation_id.into(),
            reply_to: None,
            remaining: None,
            expiration: None,
            priority: None,
            message_id: None,
            app_id: None,
            user_id: None,
        }
    }

    /// Has the broker drop the request after this time, in place of the call's.
    pub fn expire_after(&mut self, time: Duration) {
        self.expiration = Some(expiration_text(time, None));
    }

    /// The properties that nearly all peers read: content type, correlation id, reply address, expiration, headers,
    /// priority, message id, user and application; delivery mode 1 for a call and 2 for a one-way message.
    #[must_use]
    pub fn properties(&mut self) -> Properties {
        let headers = std::mem::take(&mut self.headers);
        Properties {
            content_type: Some(self.content_type.into()),
            headers: (!headers.is_empty()).then_some(headers),
            delivery_mode: Some(if self.is_call { 1 } else { 2 }),
            correlation_id: Some(self.correlation_id.clone()),
            reply_to: self.reply_to.clone(),
            expiration: self.expiration.clone(),
            priority: self.priority,
            message_id: self.message_id.clone(),
            app_id: self.app_id.clone(),
            user_id: self.user_id.clone(),
            ..Properties::default()
        }
    }
}

/// What a peer's reply is.
pub enum PeerReply {
    /// The value of the method.
    Value {
        /// The content type of the body. Empty for JSON.
        content_type: SmolStr,
        /// The encoded value. Empty for a type without data.
        body: Bytes,
    },
    /// The method's own error. What is not of the method's type is mapped by
    /// [`CallOptions::map_errors`](crate::CallOptions::map_errors), or is a `Decode` with the
    /// [`RemoteError`](crate::error::RemoteError).
    Error {
        /// The content type of the body. Empty for JSON.
        content_type: SmolStr,
        /// The encoded error.
        body: Bytes,
    },
    /// The method did not run, or not to its end.
    Fault(Fault),
    /// The same where the framework's word for it may be of another call, which the method has made: so the method may have
    /// run.
    UncertainFault(Fault),
    /// Something that a reply of this framework never is. The call fails with `Decode`.
    Unreadable,
    /// A part of a reply whose end is still to come, or a message that is no reply. The call waits on.
    Pending,
}
