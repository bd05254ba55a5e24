//! The reply as AMQP properties: how the server writes it and the client reads it.

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    codec::{self, AnyCodec, Encoding},
    contract::{Request, Response},
    error::{CallError, Undecodable},
    message::{Answer, Execution, Fault, FaultCode, Reply, ReplyKind, Violation},
};
use amqp_rpc_transport::{Delivered, Properties, Refusal};

const RESULT: &str = "result";
const ERROR: &str = "error";
const FAULT: &str = "fault";

/// A fault's body.
#[derive(Serialize, Deserialize)]
struct FaultBody<'a> {
    code: std::borrow::Cow<'a, str>,
    #[serde(default)]
    message: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[Violation]>::is_empty")]
    errors: std::borrow::Cow<'a, [Violation]>,
}

/// The same, for codecs of users.
#[derive(Serialize)]
struct WholeFaultBody<'a> {
    code: &'a str,
    message: &'a str,
    field: Option<&'a str>,
    errors: &'a [Violation],
}

/// The message that answers a request, whatever became of it.
///
/// A fault is written in `codec`.
pub(crate) fn compose(
    correlation_id: Option<String>,
    codec: &AnyCodec,
    outcome: Result<Reply, Fault>,
) -> (Properties, Bytes) {
    let mut content_encoding = None;
    let (kind, content_type, body) = match outcome {
        Ok(reply) => {
            let kind = match reply.kind {
                ReplyKind::Result => RESULT,
                ReplyKind::Error => ERROR,
            };
            content_encoding = reply.encoding.map(|encoding| encoding.name().to_owned());
            (kind, reply.content_type, reply.body)
        }
        Err(fault) => {
            let (content_type, body) = fault_body(codec, &fault);
            (FAULT, content_type.into(), body)
        }
    };
    let properties = Properties {
        content_type: Some(content_type.into_owned()),
        content_encoding,
        correlation_id,
        kind: Some(kind.to_owned()),
        ..Properties::default()
    };
    (properties, body)
}

fn fault_body(codec: &AnyCodec, fault: &Fault) -> (&'static str, Bytes) {
    let body = FaultBody {
        code: fault.code().as_str().into(),
        message: fault.message().into(),
        field: fault.field().map(Into::into),
        errors: fault.violations().into(),
    };
    let written = if codec.is_custom() { by_custom_codec(codec, &body) } else { codec.encode(&body).ok() };
    match written {
        Some(written) => (codec.content_type(), written),
        None => {
            let written = AnyCodec::JSON.encode(&body).expect("strings are always JSON");
            (AnyCodec::JSON.content_type(), written)
        }
    }
}

/// All members, for codecs that do not write their names. This runs where all replies pass: a codec that panics must not end that.
fn by_custom_codec(codec: &AnyCodec, body: &FaultBody<'_>) -> Option<Bytes> {
    let FaultBody { code, message, field, errors } = body;
    let body = WholeFaultBody { code, message, field: field.as_deref(), errors };
    let written = std::panic::catch_unwind(AssertUnwindSafe(|| codec.encode(&body)));
    written.ok()?.ok()
}

/// What a client asks of a reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// The method is.
    pub(crate) idempotent: bool,
    /// What the call was written in. Others that come with this crate are read as well.
    pub(crate) codec: &'a AnyCodec,
    /// What a body may have once it is inflated.
    pub(crate) max_bytes: usize,
}

/// A reply as the client received it, not yet decoded.
#[derive(Debug)]
pub(crate) struct RawReply {
    kind: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
    body: Bytes,
    refusal: Option<Refusal>,
}

impl RawReply {
    /// The correlation id, and the reply.
    pub(crate) fn read(delivered: Delivered) -> (Option<String>, Self) {
        let Delivered { properties, body, refusal, .. } = delivered;
        let Properties { correlation_id, kind, content_type, content_encoding, .. } = properties;
        (correlation_id, Self { kind, content_type, content_encoding, body, refusal })
    }

    /// What the caller of the method receives.
    pub(crate) fn decode<R: Request>(
        self,
        reading: Reading<'_>,
    ) -> Result<<R::Response as Response>::Value, CallError<R::Error>> {
        self.open(reading)?.decode::<R>()
    }

    /// What the method has sent back, still encoded.
    pub(crate) fn open<E>(self, reading: Reading<'_>) -> Result<Answer, CallError<E>> {
        // Servers that know nothing of this protocol set no type: what they send is the result.
        let kind = self.kind.as_deref().filter(|kind| !kind.is_empty()).unwrap_or(RESULT);
        // Only who ran the method has its result or its error.
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
        let codec = codec::spoken(self.content_type.as_deref(), std::slice::from_ref(reading.codec));
        match kind {
            RESULT => Ok(Answer { kind: ReplyKind::Result, codec, body }),
            ERROR => Ok(Answer { kind: ReplyKind::Error, codec, body }),
            FAULT => match codec.map(|codec| codec.decode::<FaultBody<'static>>(&body)) {
                Ok(Ok(body)) => Err(CallError::Fault(read_fault(body).of_method(reading.idempotent))),
                Ok(Err(malformed)) => Err(undecodable("fault", malformed.source.into())),
                Err(foreign) => Err(undecodable("reply", foreign.into())),
            },
            kind => Err(undecodable("reply", format!("its type is {kind:?}").into())),
        }
    }
}

fn read_fault(body: FaultBody<'_>) -> Fault {
    let fault = Fault::new(FaultCode::from(&*body.code), body.message);
    let fault = match body.field {
        Some(field) => fault.with_field(field),
        None => fault,
    };
    fault.with_violations(body.errors.into_owned())
}
