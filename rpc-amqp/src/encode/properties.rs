//! Writes the properties of a message, its headers among them.

use super::{
    EncodeError,
    short_string::{check_short, write_short},
};
use crate::message::{HeaderValue, Headers, Properties};

/// The part of a content header frame that is reserved for the other properties: a dozen short strings.
const RESERVED_FOR_PROPERTIES: usize = 3 * 1024;

/// The limit for all headers of a message together. They must fit into one frame: brokers close a connection
/// that sends a larger one.
pub(crate) fn max_header_bytes(frame_max: usize) -> usize {
    frame_max.saturating_sub(RESERVED_FOR_PROPERTIES)
}

/// Appends properties: their flags, then the values of those that are set, in the order of the flags.
///
/// # Errors
/// When AMQP cannot carry them. What was appended until then is of no use.
pub(crate) fn write_properties(
    out: &mut Vec<u8>,
    properties: &Properties,
    max_header_bytes: usize,
) -> Result<(), EncodeError> {
    let start = out.len();
    let mut flags = 0u16;
    out.extend_from_slice(&[0, 0]);
    let mut text = |out: &mut Vec<u8>, bit: u16, what, text: Option<&str>| {
        if let Some(text) = text {
            check_short(what, text)?;
            flags |= 1 << bit;
            write_short(out, text);
        }
        Ok(())
    };
    text(out, 15, "content type", properties.content_type.as_deref())?;
    text(out, 14, "content encoding", properties.content_encoding.as_deref())?;
    let mut others = 0u16;
    if let Some(headers) = &properties.headers {
        if headers.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>() > max_header_bytes {
            return Err(EncodeError::TooManyHeaders(max_header_bytes));
        }
        others |= 1 << 13;
        write_table(out, headers)?;
    }
    if let Some(mode) = properties.delivery_mode {
        others |= 1 << 12;
        out.push(mode);
    }
    if let Some(priority) = properties.priority {
        others |= 1 << 11;
        out.push(priority);
    }
    text(out, 10, "correlation id", properties.correlation_id.as_deref())?;
    text(out, 9, "reply address", properties.reply_to.as_deref())?;
    text(out, 8, "expiration", properties.expiration.as_deref())?;
    text(out, 7, "message id", properties.message_id.as_deref())?;
    if let Some(seconds) = properties.timestamp {
        others |= 1 << 6;
        out.extend_from_slice(&seconds.to_be_bytes());
    }
    text(out, 5, "type", properties.kind.as_deref())?;
    text(out, 4, "user id", properties.user_id.as_deref())?;
    text(out, 3, "application id", properties.app_id.as_deref())?;
    out[start..start + 2].copy_from_slice(&(flags | others).to_be_bytes());
    Ok(())
}

/// The size of a value on the wire, with its type and the length of its name, or a little more.
fn size(value: &HeaderValue) -> usize {
    const OVERHEAD: usize = 10;
    OVERHEAD
        + match value {
            HeaderValue::Text(text) => text.len(),
            HeaderValue::Bytes(bytes) => bytes.len(),
            HeaderValue::List(list) => list.iter().map(size).sum(),
            HeaderValue::Table(table) => table.iter().map(|(name, value)| name.len() + size(value)).sum(),
            _ => 0,
        }
}

fn write_table(out: &mut Vec<u8>, headers: &Headers) -> Result<(), EncodeError> {
    write_long(out, |out| {
        headers.iter().try_for_each(|(name, value)| {
            check_short("name of a header", name)?;
            write_short(out, name);
            write_value(out, value)
        })
    })
}

fn write_value(out: &mut Vec<u8>, value: &HeaderValue) -> Result<(), EncodeError> {
    let mut fixed = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend_from_slice(bytes);
    };
    match value {
        HeaderValue::Null => fixed(b'V', &[]),
        HeaderValue::Bool(value) => fixed(b't', &[u8::from(*value)]),
        HeaderValue::Int(value) => fixed(b'l', &value.to_be_bytes()),
        HeaderValue::Float(value) if !value.is_finite() => return Err(EncodeError::NotFinite),
        HeaderValue::Float(value) => fixed(b'd', &value.to_be_bytes()),
        HeaderValue::Timestamp(seconds) => fixed(b'T', &seconds.to_be_bytes()),
        HeaderValue::Text(text) => write_bytes(out, b'S', text.as_bytes()),
        HeaderValue::Bytes(bytes) => write_bytes(out, b'x', bytes),
        HeaderValue::List(values) => {
            out.push(b'A');
            write_long(out, |out| values.iter().try_for_each(|value| write_value(out, value)))?;
        }
        HeaderValue::Table(table) => {
            out.push(b'F');
            write_table(out, table)?;
        }
        _ => return Err(EncodeError::UnknownType),
    }
    Ok(())
}

fn write_bytes(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    let length = u32::try_from(bytes.len()).expect("all headers together are smaller than a frame");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Writes what follows with its length in front.
fn write_long(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = u32::try_from(out.len() - start - 4).expect("all headers together are smaller than a frame");
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
