//! Reading a request on the server.

use std::time::Instant;

use amqp_rpc_contract::{Headers, private::ContextParts};
use amqp_rpc_transport::{COALESCED, Delivered, Refusal};
use bytes::Bytes;
use smol_str::SmolStr;

use super::{ACCEPT_ENCODING, Caller, REMAINING, ReturnAddress, expiration};
use crate::{
    codec::{self, AnyCodec, Compression, Encoding, UnsupportedMedia},
    contract::MethodDef,
    message::{CallOrigin, Context, Fault, FaultCode, IncomingCall},
    secrets::{RequestSecrets, Secrets},
    wire::{
        reply,
        trace_parent::{self, TRACEPARENT},
    },
};

/// A request as the server received it. Nothing in it is validated yet.
#[derive(Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) return_address: ReturnAddress,
    /// The caller waits for a reply, and [`take_return_address`](Self::take_return_address) was called.
    address_was_taken: bool,
    /// The property `type`: the name of the method, if the routing key does not determine it.
    pub(crate) kind: Option<SmolStr>,
    pub(crate) body: Bytes,
    /// The transport refused the message, and cut its body or its properties.
    pub(crate) refusal: Option<Refusal>,
    content_type: Option<SmolStr>,
    /// The codec of the body.
    codec: Result<AnyCodec, UnsupportedMedia>,
    content_encoding: Option<SmolStr>,
    expiration: Option<SmolStr>,
    pub(crate) redelivered: bool,
    exchange: SmolStr,
    pub(crate) routing_key: SmolStr,
    headers: Headers,
    secrets: RequestSecrets,
    pub(crate) caller: Caller,
    message_id: Option<SmolStr>,
    priority: Option<u8>,
    in_dialect: bool,
}

impl ReceivedRequest {
    /// The trace that the caller belongs to, where it is stated.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.headers.text(TRACEPARENT).and_then(trace_parent::read).map(|[trace_id, ..]| trace_id)
    }

    /// The exchange that it came through.
    pub(crate) fn exchange(&self) -> &str {
        &self.exchange
    }

    /// Returns whether it is a message with several calls.
    pub(crate) fn is_coalesced(&self) -> bool {
        self.content_type.as_deref() == Some(COALESCED)
    }

    /// Compresses the reply, if the caller accepts the encoding.
    pub(crate) fn compress_reply(&mut self, compression: Compression) {
        let accepted = self.headers.text(ACCEPT_ENCODING);
        let accepted = accepted.and_then(|names| Encoding::accepted(names, compression.encoding()));
        self.return_address.compression = accepted.map(|_| compression);
    }

    /// Takes the return address out. The call keeps only the fact that it has a caller.
    pub(crate) fn take_return_address(&mut self) -> ReturnAddress {
        let ReturnAddress { reply_to, correlation_id, codec, compression } = &mut self.return_address;
        self.address_was_taken = reply_to.is_some();
        ReturnAddress {
            reply_to: reply_to.take(),
            correlation_id: correlation_id.clone(),
            codec: codec.clone(),
            compression: *compression,
        }
    }

    /// Reads a delivery. `codecs` are the custom codecs of the server.
    pub(crate) fn read(delivered: impl Into<Box<Delivered>>, codecs: &[AnyCodec]) -> Self {
        let Delivered { redelivered, exchange, routing_key, properties, body, refusal, .. } =
            *delivered.into();
        let codec = codec::for_content_type(properties.content_type.as_deref(), codecs);
        Self {
            return_address: ReturnAddress {
                reply_to: properties.reply_to.filter(|address| !address.is_empty()),
                correlation_id: properties.correlation_id,
                codec: codec.clone().unwrap_or_default(),
                compression: None,
            },
            address_was_taken: false,
            kind: properties.kind,
            body,
            refusal,
            content_type: properties.content_type,
            codec,
            content_encoding: properties.content_encoding,
            expiration: properties.expiration,
            redelivered,
            exchange,
            routing_key,
            headers: properties.headers.unwrap_or_default(),
            secrets: RequestSecrets::NONE,
            caller: Caller { user_id: properties.user_id, app_id: properties.app_id },
            message_id: properties.message_id,
            priority: properties.priority,
            in_dialect: false,
        }
    }

    /// Marks it as one that a dialect has read.
    pub(crate) fn in_dialect(self) -> Self {
        Self { in_dialect: true, ..self }
    }

    /// Has its secrets read with the keys of this server. The return address must be there.
    pub(crate) fn read_secrets(&mut self, secrets: &Secrets) {
        let reply_to = self.return_address.reply_to.as_ref();
        self.secrets = RequestSecrets::received(secrets, &mut self.headers, reply_to);
    }

    /// Returns whether it looks like a reply, which somebody has had sent to a queue of requests: a reply
    /// comes through the default exchange, where the routing key alone may name a method.
    pub(crate) fn is_reply(&self) -> bool {
        self.exchange.is_empty() && self.kind.as_deref().is_some_and(reply::is_kind)
    }

    /// The codec of the body. For a raw method, which does not decode its body, the codec of its faults.
    fn codec_for(&self, method: &MethodDef) -> Result<AnyCodec, UnsupportedMedia> {
        match &self.codec {
            Err(_) if method.reads_anything => Ok(AnyCodec::JSON),
            codec => codec.clone(),
        }
    }

    /// The call, with its deadline counted from `received_at`. The body is not decoded.
    ///
    /// # Errors
    /// When the server does not support the content type or encoding, or the expiration is not a number.
    pub(crate) fn into_call(
        mut self,
        method: &'static MethodDef,
        received_at: Instant,
    ) -> Result<IncomingCall, Fault> {
        let foreign =
            |foreign: UnsupportedMedia| Fault::new(FaultCode::UnsupportedMediaType, foreign.to_string());
        let encoding = Encoding::of(self.content_encoding.as_deref()).map_err(foreign)?;
        let codec = self.codec_for(method).map_err(foreign)?;
        let budget = match self.expiration.as_deref() {
            None => None,
            Some(milliseconds) => expiration::read(milliseconds)?,
        };
        // Removed: a method that passes its headers on must not shorten another call.
        let remaining = self.headers.remove(REMAINING).and_then(expiration::read_header);
        let budget = budget.map(|budget| remaining.map_or(budget, |remaining| remaining.min(budget)));
        let deadline = budget.and_then(|budget| received_at.checked_add(budget));
        let context = Context::from(ContextParts {
            method,
            exchange: self.exchange,
            routing_key: self.routing_key,
            redelivered: self.redelivered,
            deadline,
            has_caller: self.address_was_taken || self.return_address.reply_to.is_some(),
            headers: self.headers,
            content_type: self.content_type,
            user_id: self.caller.user_id,
            app_id: self.caller.app_id,
            message_id: self.message_id,
            correlation_id: self.return_address.correlation_id,
            priority: self.priority,
            fencing_token: None,
        });
        let is_ours = !self.in_dialect && self.kind.as_deref() == Some(method.full_name);
        Ok(IncomingCall {
            context,
            codec,
            encoding,
            body: self.body,
            is_ours,
            in_dialect: self.in_dialect,
            secrets: self.secrets,
            origin: CallOrigin::InProcess,
        })
    }
}
