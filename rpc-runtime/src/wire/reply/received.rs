//! Reading a reply on the client.

use amqp_rpc_transport::{Delivered, Properties, Refusal};
use bytes::Bytes;
use smol_str::SmolStr;

use super::{ERROR, FAULT, RESULT, fault};
use crate::{
    codec::{AnyCodec, Encoding},
    contract::{Request, Response},
    error::{CallError, Undecodable},
    message::{Execution, Fault, Reply, ReplyKind},
    secrets::MessageScope,
};

/// In place of a type that may have been removed; no server sends it.
const UNREADABLE: &str = "?";
/// In a dialect: a fault of which it is not known whether the method has run. No server sends this type.
const UNCERTAIN_FAULT: &str = "fault?";

/// The parameters for reading the reply of a call.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    /// Whether the method is idempotent.
    pub(crate) idempotent: bool,
    /// The codec of the call. Replies in the codecs of this crate are read as well.
    pub(crate) codec: &'a AnyCodec,
    /// The limit of an inflated body.
    pub(crate) max_bytes: usize,
    /// The keys of its secrets.
    pub(crate) scope: MessageScope,
}

/// A reply as the client received it, not yet decoded.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedReply {
    kind: Option<SmolStr>,
    content_type: Option<SmolStr>,
    content_encoding: Option<SmolStr>,
    body: Bytes,
    refusal: Option<Refusal>,
}

impl ReceivedReply {
    /// The value of a method.
    pub(crate) fn of_value(content_type: SmolStr, body: Bytes) -> Self {
        Self::of_kind(RESULT, content_type, body)
    }

    /// The method's own error.
    pub(crate) fn of_error(content_type: SmolStr, body: Bytes) -> Self {
        Self::of_kind(ERROR, content_type, body)
    }

    pub(crate) fn of_fault(fault: &Fault) -> Self {
        let (content_type, body) = fault::write(&AnyCodec::JSON, fault);
        Self::of_kind(FAULT, SmolStr::new_static(content_type), body)
    }

    /// The same, of a method that may have run all the same.
    pub(crate) fn of_uncertain_fault(fault: &Fault) -> Self {
        let (content_type, body) = fault::write(&AnyCodec::JSON, fault);
        Self::of_kind(UNCERTAIN_FAULT, SmolStr::new_static(content_type), body)
    }

    /// A reply that nobody can read.
    pub(crate) fn unreadable() -> Self {
        Self::of_kind(UNREADABLE, SmolStr::default(), Bytes::new())
    }

    fn of_kind(kind: &'static str, content_type: SmolStr, body: Bytes) -> Self {
        let (kind, content_type) = (Some(SmolStr::new_static(kind)), Some(content_type));
        Self { kind, content_type, content_encoding: None, body, refusal: None }
    }

    /// A reply of which the transport has left something out.
    pub(crate) fn cut(refusal: Option<Refusal>) -> Self {
        Self { kind: None, content_type: None, content_encoding: None, body: Bytes::new(), refusal }
    }

    /// The bytes of its body, as they came.
    pub(crate) fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Reads a delivery; returns the correlation id and the reply.
    pub(crate) fn read(delivered: impl Into<Box<Delivered>>) -> (Option<SmolStr>, Self) {
        let Delivered { properties, body, refusal, .. } = *delivered.into();
        Self::of_message(properties, body, refusal)
    }

    /// Reads a message; returns the correlation id and the reply.
    pub(crate) fn of_message(
        properties: Properties,
        body: Bytes,
        refusal: Option<Refusal>,
    ) -> (Option<SmolStr>, Self) {
        let Properties { correlation_id, kind, content_type, content_encoding, .. } = properties;
        (correlation_id, Self { kind, content_type, content_encoding, body, refusal })
    }

    /// The value of the method, decoded.
    pub(crate) fn decode<R: Request>(
        self,
        reading: Reading<'_>,
    ) -> Result<<R::Response as Response>::Value, CallError<R::Error>> {
        self.open(reading)?.decode::<R>()
    }

    /// The reply of the method, inflated and still encoded.
    ///
    /// # Errors
    /// `Fault` for a fault, `Decode` for a reply that cannot be read.
    pub(crate) fn open<E>(self, reading: Reading<'_>) -> Result<Reply, CallError<E>> {
        // Foreign servers do not set the property `type`: their reply is the result. A type that the
        // transport could not read is not missing.
        let is_cut = self.refusal.is_some_and(Refusal::is_malformed);
        let stated = self.kind.as_deref().filter(|kind| !kind.is_empty());
        let kind = stated.unwrap_or(if is_cut { UNREADABLE } else { RESULT });
        // Only a server that ran the method has its result or its error.
        let execution =
            if matches!(kind, RESULT | ERROR) { Execution::Completed } else { Execution::Unknown };
        let undecodable =
            |what, source| CallError::Decode(Undecodable { what, execution, source, remote: None });
        if let Some(refusal) = self.refusal {
            return Err(undecodable("reply", refusal.into()));
        }
        let body = match Encoding::of(self.content_encoding.as_deref()) {
            Ok(None) => self.body,
            Ok(Some(encoding)) => match encoding.inflate(&self.body, reading.max_bytes) {
                Ok(inflated) => inflated,
                Err(error) => return Err(undecodable("reply", error.into())),
            },
            Err(foreign) => return Err(undecodable("reply", foreign.into())),
        };
        let custom = Some(reading.codec).filter(|codec| codec.is_custom()).cloned();
        let content_type = self.content_type.unwrap_or_default();
        let reply = Reply {
            codec: custom,
            scope: reading.scope,
            ..Reply::new(ReplyKind::Result, content_type, body)
        };
        match kind {
            RESULT => Ok(reply),
            ERROR => Ok(Reply { kind: ReplyKind::Error, ..reply }),
            FAULT | UNCERTAIN_FAULT => match reply.codec().map(|codec| fault::read(&codec, &reply.body)) {
                Ok(Ok(fault)) if kind == FAULT => Err(CallError::Fault(fault.of_method(reading.idempotent))),
                Ok(Ok(fault)) => Err(CallError::Fault(fault.of_method(reading.idempotent).of_repetition())),
                Ok(Err(malformed)) => Err(undecodable("fault", malformed.source.into())),
                Err(unsupported) => Err(undecodable("reply", unsupported.into())),
            },
            kind => Err(undecodable("reply", format!("its type is {kind:?}").into())),
        }
    }
}
