//! The properties in a content header: whether lapin can parse them, and what is left of them when it cannot.

use super::fields::FieldReader;
use crate::message::Refusal;

const CORRELATION_ID: u16 = 1 << 10;
const REPLY_TO: u16 = 1 << 9;

/// How a property is written.
#[derive(Clone, Copy)]
enum Shape {
    ShortString,
    Table,
    Octet,
    Timestamp,
}

/// Each property's flag, in the order of their values. The two lowest bits mean nothing to lapin.
const FIELDS: [(u16, Shape); 14] = [
    (1 << 15, Shape::ShortString), // content type
    (1 << 14, Shape::ShortString), // content encoding
    (1 << 13, Shape::Table),       // headers
    (1 << 12, Shape::Octet),       // delivery mode
    (1 << 11, Shape::Octet),       // priority
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

/// Flags and values of the properties, as they stand in a content header.
///
/// # Errors
/// What lapin would fail or die of.
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

/// Moves the properties that lapin can parse to the front and returns their length; all others are left out.
///
/// A correlation id that cannot be read takes the reply address with it: an answer without it would reach no call.
pub(crate) fn keep_harmless(properties: &mut [u8]) -> usize {
    let Some(flags) = properties.first_chunk().map(|flags| u16::from_be_bytes(*flags)) else { return 0 };
    let (mut kept_flags, mut kept, mut at) = (0, 2, 2);
    let mut is_answerable = true;
    for (flag, shape) in FIELDS.into_iter().filter(|(flag, _)| flags & flag != 0) {
        let mut rest = FieldReader(&properties[at..]);
        // Without a length nobody knows where the next one starts.
        let Ok(length) = shape.skip(&mut rest).map(|()| properties.len() - at - rest.0.len()) else { break };
        let harmless = shape.check(&mut FieldReader(&properties[at..at + length])).is_ok();
        is_answerable &= harmless || flag != CORRELATION_ID;
        if harmless && (is_answerable || flag != REPLY_TO) {
            properties.copy_within(at..at + length, kept);
            kept += length;
            kept_flags |= flag;
        }
        at += length;
    }
    properties[..2].copy_from_slice(&u16::to_be_bytes(kept_flags));
    kept
}

/// The correlation id, if there is a readable one.
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
