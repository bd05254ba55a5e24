//! The outcome of a call as it is stored.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    codec::AnyCodec,
    message::{Execution, Fault, FaultCode, Reply, ReplyKind},
    wire::reply::{compose, read_fault},
};

/// The version of the format, and what follows: a result, an error of the method, or a fault.
const RESULT: u8 = 0x10;
const ERROR: u8 = 0x11;
const FAULT: u8 = 0x12;
/// An error of the method, with its text before the body: four bytes of length, and the text.
const ERROR_WITH_TEXT: u8 = 0x13;

/// The bytes to store for an outcome: what it is, the length of the content type in two bytes, the content type, and the
/// body. `None` if the method has certainly not run.
///
/// Secrets in a body are tokens here, as they travel.
pub(super) fn write(outcome: &Result<Reply, Fault>, max_bytes: usize) -> Option<Bytes> {
    match outcome {
        Err(fault) if fault.execution() == Execution::Never => None,
        Err(fault) => Some(write_fault(fault)),
        Ok(reply) if reply.body.len() > max_bytes => Some(too_large(reply.body.len())),
        Ok(reply) if reply.error_text.is_some() => {
            let text = reply.error_text.as_deref().unwrap_or_default();
            let mut body = BytesMut::with_capacity(4 + text.len() + reply.body.len());
            body.put_u32(u32::try_from(text.len()).ok()?);
            body.put_slice(text.as_bytes());
            body.put_slice(&reply.body);
            Some(written(ERROR_WITH_TEXT, &reply.content_type, &body))
        }
        Ok(reply) => {
            let kind = match reply.kind {
                ReplyKind::Result => RESULT,
                ReplyKind::Error => ERROR,
            };
            Some(written(kind, &reply.content_type, &reply.body))
        }
    }
}

/// The bytes to store in place of a reply of this size: that the method ran.
pub(super) fn too_large(size: usize) -> Bytes {
    let message = format!("the method ran; its reply has {size} bytes, more than the server stores");
    write_fault(&Fault::new(FaultCode::ReplyTooLarge, message))
}

/// The outcome that was stored; `None` if a later version has written it.
pub(super) fn read(stored: &Bytes) -> Option<Result<Reply, Fault>> {
    let kind = *stored.first()?;
    let length = usize::from(u16::from_be_bytes([*stored.get(1)?, *stored.get(2)?]));
    let content_type = std::str::from_utf8(stored.get(3..3 + length)?).ok()?;
    let body = stored.slice(3 + length..);
    match kind {
        RESULT => Some(Ok(Reply::new(ReplyKind::Result, content_type, body))),
        ERROR => Some(Ok(Reply::new(ReplyKind::Error, content_type, body))),
        ERROR_WITH_TEXT => {
            let length = usize::try_from(u32::from_be_bytes(*body.first_chunk()?)).ok()?;
            let text = std::str::from_utf8(body.get(4..length.checked_add(4)?)?).ok()?;
            let error_text = Some(text.into());
            let reply = Reply::new(ReplyKind::Error, content_type, body.slice(4 + length..));
            Some(Ok(Reply { error_text, ..reply }))
        }
        FAULT => read_fault(&AnyCodec::JSON, &body).ok().map(Err),
        _ => None,
    }
}

/// As JSON: the repeat may read another codec.
fn write_fault(fault: &Fault) -> Bytes {
    let (_, body) = compose(None, &AnyCodec::JSON, Err(fault.clone()));
    written(FAULT, "", &body)
}

fn written(kind: u8, content_type: &str, body: &[u8]) -> Bytes {
    // A content type travels as a short string, of at most 255 bytes.
    let length = u16::try_from(content_type.len()).unwrap_or_default();
    let mut written = BytesMut::with_capacity(3 + content_type.len() + body.len());
    written.put_u8(kind);
    written.put_u16(length);
    written.put_slice(&content_type.as_bytes()[..usize::from(length)]);
    written.put_slice(body);
    written.freeze()
}
