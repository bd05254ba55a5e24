//! Decodes the payloads of frames: methods and content headers.

use amq_protocol::protocol::{AMQPClass, parse_class};
use bytes::Bytes;

use super::{Frame, depth::is_too_deep, kind, snippet};
use crate::{
    erlang_term::printed_bytes,
    protocol::{ProtocolError, ReplyCode},
};

/// The payload of a header frame.
#[derive(Debug)]
pub(crate) struct ContentHeader {
    pub(crate) class: u16,
    pub(crate) weight: u16,
    pub(crate) body_size: u64,
    /// The property flags and values, copied out of the read buffer.
    pub(crate) properties: Bytes,
}

/// Decodes a method, which must take up the whole payload.
///
/// # Errors
///
/// 501 for arguments that cannot be decoded or are nested too deep, 503 for a method that AMQP 0-9-1 does not
/// have.
pub(crate) fn decode_method(payload: &[u8]) -> Result<AMQPClass, ProtocolError> {
    let Some(&[c1, c0, m1, m0]) = payload.first_chunk() else {
        return Err(unknown(kind::METHOD, payload));
    };
    let (class, method) = (u16::from_be_bytes([c1, c0]), u16::from_be_bytes([m1, m0]));
    let arguments = &payload[4..];
    if is_too_deep(class, method, arguments) {
        return Err(
            ProtocolError::new(ReplyCode::FrameError, "tables nested too deep").caused_by(class, method)
        );
    }
    // The parser skips the prefetch size; RabbitMQ refuses all but 0.
    if let (60, 10, Some(size)) = (class, method, arguments.first_chunk())
        && *size != [0; 4]
    {
        let text = format!("prefetch_size!=0 ({})", u32::from_be_bytes(*size));
        return Err(ProtocolError::new(ReplyCode::NotImplemented, text).caused_by(class, method));
    }
    match parse_class(payload) {
        Ok(([], method)) => Ok(method),
        _ => Err(cannot_decode(arguments).caused_by(class, method)),
    }
}

fn cannot_decode(arguments: &[u8]) -> ProtocolError {
    ProtocolError::new(ReplyCode::FrameError, format!("cannot decode {}", printed_bytes(arguments)))
}

/// Decodes a header frame up to its properties; `None` when it is too short.
pub(crate) fn decode_content_header(payload: &[u8]) -> Option<ContentHeader> {
    let (class, rest) = payload.split_first_chunk()?;
    let (weight, rest) = rest.split_first_chunk()?;
    let (body_size, properties) = rest.split_first_chunk()?;
    Some(ContentHeader {
        class: u16::from_be_bytes(*class),
        weight: u16::from_be_bytes(*weight),
        body_size: u64::from_be_bytes(*body_size),
        properties: Bytes::copy_from_slice(properties),
    })
}

/// The error for a frame of an unknown type.
pub(crate) fn unknown(kind: u8, payload: &[u8]) -> ProtocolError {
    let (which, bytes) = snippet(payload);
    ProtocolError::new(ReplyCode::FrameError, format!("type {kind}, {which} octets = {bytes}: unknown_frame"))
        .without_cause()
}

/// The error for a frame that is not allowed on its channel.
pub(crate) fn unexpected(frame: Frame<'_>) -> ProtocolError {
    let (which, bytes) = snippet(frame.payload);
    ProtocolError::new(ReplyCode::UnexpectedFrame, format!("type {}, {which} octets = {bytes}", frame.kind))
        .without_cause()
}
