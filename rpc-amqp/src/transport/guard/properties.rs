//! Checks the properties in a content header, and removes those that lapin cannot parse.

use std::ops::Range;

use super::fields::{FieldReader, is_utf8};
use crate::message::Refusal;

const HEADERS: u16 = 1 << 13;
const CORRELATION_ID: u16 = 1 << 10;
const REPLY_TO: u16 = 1 << 9;

/// The header that the broker adds to a message that it dead-letters for the first time, as a table has it.
const FIRST_DEATH_REASON: &[u8] = b"\x14x-first-death-reason";

/// The type of a property on the wire.
#[derive(Clone, Copy)]
enum Shape {
    ShortString,
    Table,
    Octet,
    Timestamp,
}

/// The flag of each property, in the order of their values. lapin ignores the two lowest bits.
const FIELDS: [(u16, Shape); 14] = [
    (1 << 15, Shape::ShortString), // content type
    (1 << 14, Shape::ShortString), // content encoding
    (HEADERS, Shape::Table),
    (1 << 12, Shape::Octet), // delivery mode
    (1 << 11, Shape::Octet), // priority
    (CORRELATION_ID, Shape::ShortString),
    (REPLY_TO, Shape::ShortString),
    (1 << 8, Shape::ShortString), // expiration
    (1 << 7, Shape::ShortString), // message id
    (1 << 6, Shape::Timestamp),
    (1 << 5, Shape::ShortString), // type
    (1 << 4, Shape::ShortString), // user id
    (1 << 3, Shape::ShortString), // application id
    (1 << 2, Shape::ShortString), // cluster id
];

/// Checks the properties of a content header: flags, then values.
///
/// # Errors
/// The reason why lapin cannot parse them, or would overflow its stack.
pub(crate) fn check(properties: &[u8]) -> Result<(), Refusal> {
    let mut values = FieldReader(properties);
    let flags = values.u16()?;
    for (flag, shape) in FIELDS {
        if flags & flag != 0 {
            shape.check(&mut values)?;
        }
    }
    if values.0.is_empty() { Ok(()) } else { Err(Refusal::Malformed) }
}

/// Moves the properties that lapin can parse to the front, removes the others, and returns the remaining
/// length.
///
/// Of headers that it cannot parse, one is kept: whether the message was dead-lettered before decides what the
/// broker does with it when it is rejected.
///
/// Without a readable correlation id the reply address is removed as well: a reply without it would reach no
/// call.
pub(crate) fn keep_parsable(properties: &mut [u8]) -> usize {
    let Some(flags) = properties.first_chunk().map(|flags| u16::from_be_bytes(*flags)) else { return 0 };
    let (mut kept_flags, mut kept, mut at) = (0, 2, 2);
    let mut has_readable_id = true;
    for (flag, shape) in FIELDS.into_iter().filter(|(flag, _)| flags & flag != 0) {
        let mut rest = FieldReader(&properties[at..]);
        // Without its length, the position of the next property is unknown.
        let Ok(length) = shape.skip(&mut rest).map(|()| properties.len() - at - rest.0.len()) else { break };
        let is_parsable = shape.check(&mut FieldReader(&properties[at..at + length])).is_ok();
        has_readable_id &= is_parsable || flag != CORRELATION_ID;
        if is_parsable && (has_readable_id || flag != REPLY_TO) {
            properties.copy_within(at..at + length, kept);
            kept += length;
            kept_flags |= flag;
        } else if flag == HEADERS
            && let Some(length) = keep_first_death(properties, at..at + length, kept)
        {
            kept += length;
            kept_flags |= flag;
        }
        at += length;
    }
    properties[..2].copy_from_slice(&u16::to_be_bytes(kept_flags));
    kept
}

/// Writes to `to`, at or before the headers, a table of nothing but their header `x-first-death-reason`. Returns
/// its length.
fn keep_first_death(properties: &mut [u8], headers: Range<usize>, to: usize) -> Option<usize> {
    let name = FIRST_DEATH_REASON;
    let position = properties[headers.clone()].windows(name.len()).position(|bytes| bytes == name)?;
    let at = headers.start + position;
    let mut rest = FieldReader(&properties[at..headers.end]);
    let (_, reason) = rest.string_entry().ok()?;
    reason.filter(|reason| is_utf8(reason))?;
    let length = headers.end - at - rest.0.len();
    let stated = u32::try_from(length).ok()?.to_be_bytes();
    // The length of the headers precedes their first name, so the entry moves towards the front.
    properties.copy_within(at..at + length, to + stated.len());
    properties[to..to + stated.len()].copy_from_slice(&stated);
    Some(stated.len() + length)
}

/// The correlation id, if it is present and readable.
pub(crate) fn correlation_id(properties: &[u8]) -> Option<&str> {
    let mut values = FieldReader(properties);
    let flags = values.u16().ok()?;
    for (flag, shape) in FIELDS.into_iter().filter(|(flag, _)| flags & flag != 0) {
        if flag == CORRELATION_ID {
            return std::str::from_utf8(values.short_bytes().ok()?).ok();
        }
        shape.skip(&mut values).ok()?;
    }
    None
}

impl Shape {
    fn check(self, values: &mut FieldReader<'_>) -> Result<(), Refusal> {
        match self {
            Self::ShortString => values.short_string(),
            Self::Table => values.table(0),
            Self::Octet | Self::Timestamp => self.skip(values),
        }
    }

    fn skip(self, values: &mut FieldReader<'_>) -> Result<(), Refusal> {
        match self {
            Self::ShortString => values.short_bytes().map(drop),
            Self::Table => values.long_bytes().map(drop),
            Self::Octet => values.take(1).map(drop),
            Self::Timestamp => values.take(8).map(drop),
        }
    }
}
