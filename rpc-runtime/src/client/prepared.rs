//! A call as it waits to be sent: encoded, addressed, and bound to no link.

use std::borrow::Cow;

use bytes::Bytes;

use super::{failure::Failure, untyped::Untyped};
use crate::{codec::Encoding, contract::MethodDef};
use amqp_rpc_transport::Headers;

/// An encoded call, ready to be sent over any link.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) method: &'static MethodDef,
    pub(super) exchange: Cow<'static, str>,
    pub(super) routing_key: Cow<'static, str>,
    pub(super) headers: Headers,
    pub(super) priority: Option<u8>,
    pub(super) content_type: Cow<'static, str>,
    pub(super) body: Bytes,
    /// The same however often it is sent. Calls have none.
    pub(super) message_id: Option<Box<str>>,
    /// Refuse it rather than have it wait in a queue that nobody consumes.
    pub(super) fails_fast: bool,
    /// What takes the place of the method's names, of a call that has none of our contracts.
    pub(super) untyped: Option<Box<Untyped>>,
}

impl Prepared {
    /// The name of the method on the wire.
    pub(super) fn name(&self) -> &str {
        self.untyped.as_ref().map_or(self.method.full_name, |untyped| &untyped.name)
    }

    /// The queue that it waits in, as far as that is known; without the namespace.
    pub(super) fn queue(&self) -> &str {
        self.untyped.as_ref().map_or(self.method.queue, |untyped| &untyped.queue)
    }

    /// Nobody takes it.
    pub(super) fn unroutable(&self, exchange_missing: bool) -> Failure {
        Failure::Unroutable {
            exchange: self.exchange.clone().into_owned(),
            routing_key: self.routing_key.clone().into_owned(),
            exchange_missing,
        }
    }

    /// The call, with nothing left behind to send.
    pub(super) fn take(&mut self) -> Self {
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
pub(super) struct Packed {
    pub(super) body: Bytes,
    pub(super) content_encoding: Option<Encoding>,
    pub(super) headers: Headers,
}
