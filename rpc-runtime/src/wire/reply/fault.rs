//! Writing and reading the body of a fault.

use std::{borrow::Cow, fmt, panic::AssertUnwindSafe};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};

use crate::{
    codec::{AnyCodec, Malformed},
    message::{Fault, FaultCode, Violation, Violations},
};

/// The body of a fault.
#[derive(Serialize, Deserialize)]
struct FaultBody<'a> {
    code: Cow<'a, str>,
    #[serde(default)]
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[Violation]>::is_empty", deserialize_with = "first_violations")]
    errors: Cow<'a, [Violation]>,
}

/// Reads as many violations as a server sends, and skips the others: the rest of a body may hold millions.
fn first_violations<'de, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Cow<'a, [Violation]>, D::Error> {
    struct First;

    impl<'de> Visitor<'de> for First {
        type Value = Vec<Violation>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of violations")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut violations = Vec::new();
            while violations.len() < Violations::MAX {
                match list.next_element()? {
                    Some(violation) => violations.push(violation),
                    None => return Ok(violations),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(violations)
        }
    }

    deserializer.deserialize_seq(First).map(Cow::Owned)
}

/// The body of a fault for custom codecs, with all members.
#[derive(Serialize)]
struct WholeFaultBody<'a> {
    code: &'a str,
    message: &'a str,
    field: Option<&'a str>,
    errors: &'a [Violation],
}

/// Writes a fault with `codec`, or as JSON if the codec cannot write it. Returns the content type and the
/// body.
pub(super) fn write(codec: &AnyCodec, fault: &Fault) -> (&'static str, Bytes) {
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

/// Writes all members, for formats that are not self-describing. Catches panics of the codec, because they
/// would end the task that writes all replies.
fn by_custom_codec(codec: &AnyCodec, body: &FaultBody<'_>) -> Option<Bytes> {
    let FaultBody { code, message, field, errors } = body;
    let body = WholeFaultBody { code, message, field: field.as_deref(), errors };
    let written = std::panic::catch_unwind(AssertUnwindSafe(|| codec.encode(&body)));
    written.ok()?.ok()
}

/// Reads a fault.
///
/// # Errors
/// When the body is not a fault in this codec.
pub(crate) fn read(codec: &AnyCodec, body: &[u8]) -> Result<Fault, Malformed> {
    let body: FaultBody<'static> = codec.decode(body)?;
    let fault = Fault::new(FaultCode::from(&*body.code), body.message);
    let fault = match body.field {
        Some(field) => fault.with_field(field),
        None => fault,
    };
    Ok(fault.with_violations(body.errors.into_owned()))
}
