//! Several messages in the body of one: a coalesced message.
//!
//! Its body is a sequence of parts. A part is a message without an address: the length of its properties as 32 bits,
//! the properties as in a content header (flags and values), the length of its body as 32 bits, and the body.

use super::{EncodeError, properties::write_properties};
use crate::message::Properties;

/// The `content_type` of a coalesced message.
pub const COALESCED: &str = "application/vnd.amqp-rpc.coalesced";

/// The largest coalesced message that is written: it fits into one frame of the usual 128 KiB.
pub const MAX_COALESCED_BYTES: usize = 64 * 1024;

/// Appends a part.
///
/// # Errors
/// When AMQP cannot carry its properties. Then nothing is appended.
pub(crate) fn write_part(
    out: &mut Vec<u8>,
    properties: &Properties,
    max_header_bytes: usize,
    body: &[u8],
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    if let Err(error) = write_properties(out, properties, max_header_bytes) {
        out.truncate(start);
        return Err(error);
    }
    let length = length_of(out.len() - start - 4);
    out[start..start + 4].copy_from_slice(&length);
    out.extend_from_slice(&length_of(body.len()));
    out.extend_from_slice(body);
    Ok(())
}

/// The properties and the body of the first part.
pub(crate) fn first_part(parts: &[u8]) -> (&[u8], &[u8]) {
    let (properties, rest) = split_length(parts);
    (properties, split_length(rest).0)
}

fn split_length(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_at(4);
    let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
    rest.split_at(usize::try_from(length).expect("it was written from a length in memory"))
}

fn length_of(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("a part is smaller than a frame").to_be_bytes()
}

/// Appends properties that are encoded and have no headers, with one header that is an integer.
pub(crate) fn write_with_header(out: &mut Vec<u8>, encoded: &[u8], name: &str, value: i64) {
    const HEADERS: u16 = 1 << 13;
    let flags = u16::from_be_bytes([encoded[0], encoded[1]]);
    debug_assert_eq!(flags & HEADERS, 0, "they have no headers");
    let mut position = 2;
    for _ in [15, 14].into_iter().filter(|bit| flags & (1 << bit) != 0) {
        position += 1 + usize::from(encoded[position]);
    }
    out.extend_from_slice(&(flags | HEADERS).to_be_bytes());
    out.extend_from_slice(&encoded[2..position]);
    // The length of the table, the name as a short string, the type of the value and the value.
    out.extend_from_slice(&length_of(1 + name.len() + 1 + 8));
    out.push(u8::try_from(name.len()).expect("the name is one of ours"));
    out.extend_from_slice(name.as_bytes());
    out.push(b'l');
    out.extend_from_slice(&value.to_be_bytes());
    out.extend_from_slice(&encoded[position..]);
}
