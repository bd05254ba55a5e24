//! Content properties, kept as the received bytes, so that unknown values are carried unchanged.

mod conversion;
mod malformed;
mod structure;
mod table;
mod value;

use std::ops::Range;

use bytes::{BufMut, Bytes};

pub(crate) use conversion::to_amqp_value;
pub(crate) use malformed::Malformed;
pub(crate) use table::Table;
pub(crate) use value::Value;

/// The properties of one message, well-formed down to the last nested header.
///
/// Cloning is cheap. Reading a field steps over those before it, at most 13.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Properties {
    /// The flags, and after them the fields that are set, in the order of [`Field`].
    raw: Bytes,
}

/// The fields in their order on the wire. The first one's flag is the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    ContentType,
    ContentEncoding,
    Headers,
    DeliveryMode,
    Priority,
    CorrelationId,
    ReplyTo,
    Expiration,
    MessageId,
    Timestamp,
    Kind,
    UserId,
    AppId,
    ClusterId,
}

use Field::{
    AppId, ClusterId, ContentEncoding, ContentType, CorrelationId, DeliveryMode, Expiration, Headers, Kind,
    MessageId, Priority, ReplyTo, Timestamp, UserId,
};

const FIELDS: [Field; 14] = [
    ContentType,
    ContentEncoding,
    Headers,
    DeliveryMode,
    Priority,
    CorrelationId,
    ReplyTo,
    Expiration,
    MessageId,
    Timestamp,
    Kind,
    UserId,
    AppId,
    ClusterId,
];

const FLAGS: usize = 2;

impl Field {
    fn flag(self) -> u16 {
        0x8000 >> (self as u16)
    }

    /// The length of a field that starts here, in bytes.
    fn length(self, bytes: &[u8]) -> Result<usize, Malformed> {
        let length = match self {
            DeliveryMode | Priority => 1,
            Timestamp => 8,
            Headers => structure::long_prefixed(bytes)?,
            _ => 1 + usize::from(*bytes.first().ok_or(Malformed::Truncated)?),
        };
        if length > bytes.len() { Err(Malformed::Truncated) } else { Ok(length) }
    }
}

impl Default for Properties {
    /// Without any field.
    fn default() -> Self {
        Self { raw: Bytes::from_static(&[0; FLAGS]) }
    }
}

impl Properties {
    /// Parses the end of a header frame's payload, after the body size. Nothing is copied, and nesting is not
    /// limited.
    ///
    /// The two flags that name no field are ignored, as RabbitMQ does.
    ///
    /// # Errors
    ///
    /// When the fields do not take up exactly these bytes, or the headers are not a table.
    pub(crate) fn parse(raw: Bytes) -> Result<Self, Malformed> {
        if raw.len() < FLAGS {
            return Err(Malformed::Truncated);
        }
        let properties = Self { raw };
        let mut position = FLAGS;
        for field in properties.set_fields() {
            let rest = &properties.raw[position..];
            let length = field.length(rest)?;
            if field == Headers {
                structure::check_table(&rest[4..length])?;
            }
            position += length;
        }
        if position == properties.raw.len() { Ok(properties) } else { Err(Malformed::Leftover) }
    }

    /// The encoded properties.
    pub(crate) fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// Reads the headers, without their nested values.
    ///
    /// # Errors
    ///
    /// Never for properties that were parsed.
    pub(crate) fn headers(&self) -> Result<Option<Table>, Malformed> {
        self.position(Headers)
            .map(|range| Table::parse(self.raw.slice(range.start + 4..range.end)))
            .transpose()
    }

    pub(crate) fn delivery_mode(&self) -> Option<u8> {
        self.position(DeliveryMode).map(|range| self.raw[range.start])
    }

    pub(crate) fn correlation_id(&self) -> Option<&[u8]> {
        self.short_string(CorrelationId)
    }

    pub(crate) fn reply_to(&self) -> Option<&[u8]> {
        self.short_string(ReplyTo)
    }

    pub(crate) fn expiration(&self) -> Option<&[u8]> {
        self.short_string(Expiration)
    }

    pub(crate) fn user_id(&self) -> Option<&[u8]> {
        self.short_string(UserId)
    }

    /// Replaces the headers. The other fields stay the same, byte for byte.
    pub(crate) fn with_headers(&self, headers: Option<&Table>) -> Self {
        let encoded = headers.map(|headers| {
            let mut contents = Vec::new();
            headers.write(&mut contents);
            let mut field = Vec::with_capacity(4 + contents.len());
            field.put_u32(u32::try_from(contents.len()).expect("a table is far smaller than 4 GiB"));
            field.extend_from_slice(&contents);
            field
        });
        self.with(Headers, encoded.as_deref())
    }

    /// Replaces `reply_to` by an address of at most 255 bytes.
    pub(crate) fn with_reply_to(&self, address: &[u8]) -> Self {
        let mut field = vec![u8::try_from(address.len()).expect("reply addresses are short strings")];
        field.extend_from_slice(address);
        self.with(ReplyTo, Some(&field))
    }

    pub(crate) fn without_expiration(&self) -> Self {
        if self.position(Expiration).is_none() { self.clone() } else { self.with(Expiration, None) }
    }

    fn with(&self, changed: Field, encoded: Option<&[u8]>) -> Self {
        let mut flags = self.flags() & !changed.flag();
        if encoded.is_some() {
            flags |= changed.flag();
        }
        let mut raw = Vec::with_capacity(self.raw.len() + encoded.map_or(0, <[u8]>::len));
        raw.put_u16(flags);
        for field in FIELDS {
            if field == changed {
                raw.extend_from_slice(encoded.unwrap_or_default());
            } else if let Some(range) = self.position(field) {
                raw.extend_from_slice(&self.raw[range]);
            }
        }
        Self { raw: raw.into() }
    }

    fn short_string(&self, field: Field) -> Option<&[u8]> {
        let range = self.position(field)?;
        Some(&self.raw[range.start + 1..range.end])
    }

    fn flags(&self) -> u16 {
        u16::from_be_bytes([self.raw[0], self.raw[1]])
    }

    fn set_fields(&self) -> impl Iterator<Item = Field> + use<> {
        let flags = self.flags();
        FIELDS.into_iter().filter(move |field| flags & field.flag() != 0)
    }

    /// The position of a field, with its length prefix.
    fn position(&self, wanted: Field) -> Option<Range<usize>> {
        if self.flags() & wanted.flag() == 0 {
            return None;
        }
        let mut start = FLAGS;
        for field in self.set_fields() {
            let length = field.length(&self.raw[start..]).expect("fields were checked when they were parsed");
            if field == wanted {
                return Some(start..start + length);
            }
            start += length;
        }
        None
    }
}

#[cfg(test)]
mod tests;
