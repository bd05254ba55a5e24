//! A call as it waits to be sent: encoded, addressed, and bound to no link.

use std::borrow::Cow;

use amqp_rpc_transport::Headers;
use bytes::Bytes;

use super::failure::Failure;
use crate::{codec::Encoding, contract::MethodDef};

/// An encoded call, ready to be sent over any link.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) method: &'static MethodDef,
    pub(crate) exchange: Cow<'static, str>,
    pub(crate) routing_key: Cow<'static, str>,
    pub(crate) headers: Headers,
    pub(crate) priority: Option<u8>,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) body: Bytes,
    /// The same however often it is sent. Calls have none.
    pub(crate) message_id: Option<Box<str>>,
    /// Refuse it rather than have it wait in a queue that nobody consumes.
    pub(crate) fails_fast: bool,
    /// What takes the place of the method's names, of a call that has none of our contracts.
    pub(crate) untyped: Option<Box<Untyped>>,
}

impl Prepared {
    /// The name of the method on the wire.
    pub(crate) fn name(&self) -> &str {
        self.untyped.as_ref().map_or(self.method.full_name, |untyped| &untyped.name)
    }

    /// The queue that it waits in, as far as that is known; without the namespace.
    pub(crate) fn queue(&self) -> &str {
        self.untyped.as_ref().map_or(self.method.queue, |untyped| &untyped.queue)
    }

    /// Nobody takes it.
    pub(crate) fn unroutable(&self, exchange_missing: bool) -> Failure {
        Failure::Unroutable {
            exchange: self.exchange.clone().into_owned(),
            routing_key: self.routing_key.clone().into_owned(),
            exchange_missing,
        }
    }

    /// The call, with nothing left behind to send.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            method: self.method,
            exchange: self.exchange.clone(),
            routing_key: self.routing_key.clone(),
            headers: std::mem::take(&mut self.headers),
            priority: self.priority,
            content_type: self.content_type.clone(),
            body: std::mem::take(&mut self.body),
            message_id: self.message_id.take(),
            fails_fast: self.fails_fast,
            untyped: self.untyped.clone(),
        }
    }
}

/// What travels of a message, perhaps compressed.
pub(crate) struct Packed {
    pub(crate) body: Bytes,
    pub(crate) content_encoding: Option<Encoding>,
    pub(crate) headers: Headers,
}

/// What no contract says of an untyped call.
#[derive(Clone, Debug)]
pub(crate) struct Untyped {
    pub(crate) name: String,
    /// Empty where it is not known.
    pub(crate) queue: String,
}
