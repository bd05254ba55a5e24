//! A message as it waits to be sent: encoded, addressed, and bound to no link.

use std::borrow::Cow;

use amqp_rpc_transport::Headers;
use bytes::Bytes;

use crate::{contract::MethodDef, secrets::RequestSeal, wire::partition::queue_of_request};

/// An encoded message, ready to be sent over any link.
#[derive(Clone)]
pub(crate) struct OutgoingMessage {
    pub(crate) method: &'static MethodDef,
    pub(crate) exchange: Cow<'static, str>,
    pub(crate) routing_key: Cow<'static, str>,
    pub(crate) headers: Headers,
    pub(crate) priority: Option<u8>,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) body: Bytes,
    /// Made anew each time that the message is sent.
    pub(crate) seal: RequestSeal,
    /// The same however often the message is sent: the idempotency key. Most calls have none.
    pub(crate) message_id: Option<Box<str>>,
    /// Fails with `NoConsumer` rather than wait in a queue without consumers.
    pub(crate) fails_fast: bool,
    /// Takes the place of the method's names in an untyped call.
    pub(crate) untyped: Option<Box<UntypedMethod>>,
}

/// The names of the method that an untyped call is for.
#[derive(Clone, Debug)]
pub(crate) struct UntypedMethod {
    pub(crate) name: String,
    /// Empty where it is not known.
    pub(crate) queue: String,
}

impl OutgoingMessage {
    /// The name of the method on the wire.
    pub(crate) fn name(&self) -> &str {
        self.untyped.as_ref().map_or(self.method.full_name, |untyped| &untyped.name)
    }

    /// The queue that it will wait in, as far as that is known; without the namespace.
    pub(crate) fn queue(&self) -> Cow<'_, str> {
        match &self.untyped {
            Some(untyped) => Cow::Borrowed(&untyped.queue),
            None => queue_of_request(self.method, &self.routing_key),
        }
    }

    /// Moves the message out, to be sent again. What stays has no headers, body and message id.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            method: self.method,
            exchange: self.exchange.clone(),
            routing_key: self.routing_key.clone(),
            headers: std::mem::take(&mut self.headers),
            priority: self.priority,
            content_type: self.content_type.clone(),
            body: std::mem::take(&mut self.body),
            seal: std::mem::take(&mut self.seal),
            message_id: self.message_id.take(),
            fails_fast: self.fails_fast,
            untyped: self.untyped.clone(),
        }
    }
}
