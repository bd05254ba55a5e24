//! The request as AMQP properties: how the client writes it and the server reads it.

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use crate::{
    codec::{self, AnyCodec, Compression, Encoding, NotSpoken},
    contract::MethodDef,
    message::{Context, Fault, FaultCode, IncomingCall},
};
use amqp_rpc_transport::{Delivered, Headers, Properties, Refusal};

/// Delivery mode 1: calls are not persisted. Their callers time out before a broker is back.
const TRANSIENT: u8 = 1;

/// Delivery mode 2: what nobody waits for must survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// The header that tells how a reply may be compressed: names of content encodings, separated by commas.
pub(crate) const ACCEPT_ENCODING: &str = "accept-encoding";

/// What a client says of itself in every request. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Stated only when asked for: the broker refuses one that is not the connection's own.
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
}

impl Caller {
    pub(crate) fn is_anonymous(&self) -> bool {
        self.user_id.is_none() && self.app_id.is_none()
    }
}

/// What differs from call to call.
pub(crate) struct Outgoing<'a> {
    /// Of the method.
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: Option<Encoding>,
    pub(crate) correlation_id: String,
    pub(crate) reply_to: &'a str,
    pub(crate) remaining: Option<Duration>,
    pub(crate) priority: Option<u8>,
    pub(crate) headers: Headers,
}

impl Outgoing<'_> {
    pub(crate) fn properties(self, caller: &Caller) -> Properties {
        Properties {
            content_type: Some(self.content_type.to_owned()),
            content_encoding: self.content_encoding.map(|encoding| encoding.name().to_owned()),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(TRANSIENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            reply_to: Some(self.reply_to.to_owned()),
            expiration: self.remaining.map(|remaining| expiration(remaining).to_string()),
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.name.to_owned()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
            ..Properties::default()
        }
    }
}

/// What differs from notification to notification, and from event to event.
pub(crate) struct OneWay<'a> {
    pub(crate) method: &'static MethodDef,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: Option<Encoding>,
    pub(crate) correlation_id: String,
    pub(crate) message_id: Option<String>,
    pub(crate) priority: Option<u8>,
    pub(crate) headers: Headers,
}

impl OneWay<'_> {
    /// Without an address for replies, and without expiration: nobody gives up on it.
    pub(crate) fn properties(self, caller: &Caller) -> Properties {
        Properties {
            content_type: Some(self.content_type.to_owned()),
            content_encoding: self.content_encoding.map(|encoding| encoding.name().to_owned()),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(PERSISTENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            message_id: self.message_id,
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.method.full_name.to_owned()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
            ..Properties::default()
        }
    }
}

/// Milliseconds, rounded up so that a call never expires before its caller gives up, within what brokers accept.
fn expiration(remaining: Duration) -> u32 {
    u32::try_from(remaining.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// A request as the server received it, before anything in it is believed.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) return_address: ReturnAddress,
    /// Somebody waits for the reply, though the address was taken already.
    address_was_taken: bool,
    /// The `type` property: names the method when the routing key does not.
    pub(crate) kind: Option<String>,
    pub(crate) body: Bytes,
    /// The rest is not what was sent.
    pub(crate) refusal: Option<Refusal>,
    content_type: Option<String>,
    /// What the body is written in.
    codec: Result<AnyCodec, NotSpoken>,
    content_encoding: Option<String>,
    expiration: Option<String>,
    pub(crate) redelivered: bool,
    exchange: String,
    pub(crate) routing_key: String,
    headers: Headers,
    pub(crate) caller: Caller,
    message_id: Option<String>,
    priority: Option<u8>,
}

/// Where the reply goes and what ties it to its call.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    /// Absent: nobody waits for a reply.
    pub(crate) reply_to: Option<String>,
    pub(crate) correlation_id: Option<String>,
    /// What the caller reads: that of its request, where it is known.
    pub(crate) codec: AnyCodec,
    /// How its body may be compressed.
    pub(crate) compression: Option<Compression>,
}

impl Received {
    /// The reply is compressed in this way, if its caller reads that.
    pub(crate) fn compress_reply(&mut self, compression: Compression) {
        let accepted = self.headers.text(ACCEPT_ENCODING);
        let accepted = accepted.and_then(|names| Encoding::accepted(names, compression.encoding()));
        self.return_address.compression = accepted.map(|_| compression);
    }

    /// For whoever answers; what comes after only needs to know whether there is one.
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

    /// `codecs` are those that the server was given.
    pub(crate) fn read(delivered: Delivered, codecs: &[AnyCodec]) -> Self {
        let Delivered { redelivered, exchange, routing_key, properties, body, refusal, .. } = delivered;
        let codec = codec::spoken(properties.content_type.as_deref(), codecs);
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
            caller: Caller { user_id: properties.user_id, app_id: properties.app_id },
            message_id: properties.message_id,
            priority: properties.priority,
        }
    }

    /// The codec of a body for `method`; of raw methods, which decode nothing, that of their faults.
    fn codec_for(&self, method: &MethodDef) -> Result<AnyCodec, NotSpoken> {
        match &self.codec {
            Err(_) if method.reads_anything => Ok(AnyCodec::JSON),
            codec => codec.clone(),
        }
    }

    /// The call, with the deadline counted from `received_at`. Its body is not decoded.
    ///
    /// # Errors
    /// When this server cannot read the body, or the time that is left.
    pub(crate) fn into_call(
        self,
        method: &'static MethodDef,
        received_at: Instant,
    ) -> Result<IncomingCall, Fault> {
        let foreign = |foreign: NotSpoken| Fault::new(FaultCode::UnsupportedMediaType, foreign.to_string());
        let encoding = Encoding::of(self.content_encoding.as_deref()).map_err(foreign)?;
        let codec = self.codec_for(method).map_err(foreign)?;
        let deadline = match self.expiration.as_deref() {
            None => None,
            Some(milliseconds) => {
                read_expiration(milliseconds)?.and_then(|budget| received_at.checked_add(budget))
            }
        };
        let context = Context {
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
        };
        Ok(IncomingCall { context, codec, encoding, body: self.body })
    }
}

/// The clamped maximum means "as long as the broker can count", which is no limit at all.
fn read_expiration(milliseconds: &str) -> Result<Option<Duration>, Fault> {
    match milliseconds.parse::<u64>() {
        Ok(milliseconds) if milliseconds >= u64::from(u32::MAX) => Ok(None),
        Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds))),
        Err(_) => Err(Fault::new(
            FaultCode::BadRequest,
            format!("expiration {milliseconds:?} is not a number of milliseconds"),
        )),
    }
}
