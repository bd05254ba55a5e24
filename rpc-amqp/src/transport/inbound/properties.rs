//! Reads the properties in a content header, and leaves out those that cannot be read.

use std::str::Utf8Error;

use smol_str::SmolStr;

use super::{fields::FieldReader, repeated::Repeated};
use crate::message::{Headers, Properties, Refusal};

/// The header that the broker adds to a message that it dead-letters for the first time.
const FIRST_DEATH_REASON: &str = "x-first-death-reason";
const CORRELATION_ID: u16 = 10;

/// Reads the properties of a content header: flags, then values. Also returns why some are left out, if any
/// are.
///
/// Of headers that cannot be read, one is kept: whether the message was dead-lettered before decides what the
/// server does with it.
///
/// Without a readable correlation id the reply address is left out as well: a reply without it would reach no
/// call.
pub(crate) fn decode_properties(
    bytes: &[u8],
    reply_addresses: &mut Repeated,
) -> (Properties, Option<Refusal>) {
    let mut decoder = Decoder { values: FieldReader(bytes), reply_addresses, refusal: None };
    let mut properties = Properties::default();
    let complete = decoder.read_all(&mut properties);
    if let Err(refusal) = complete {
        decoder.refusal.get_or_insert(refusal);
    } else if !decoder.values.0.is_empty() {
        decoder.refusal.get_or_insert(Refusal::Malformed);
    }
    (properties, decoder.refusal)
}

struct Decoder<'a> {
    values: FieldReader<'a>,
    reply_addresses: &'a mut Repeated,
    /// The first reason why a property is left out.
    refusal: Option<Refusal>,
}

impl Decoder<'_> {
    /// # Errors
    /// When a value is incomplete: then the positions of those behind it are unknown.
    fn read_all(&mut self, properties: &mut Properties) -> Result<(), Refusal> {
        let flags = self.values.u16()?;
        let has = |bit: u16| flags & (1 << bit) != 0;
        if has(15) {
            properties.content_type = self.text()?;
        }
        if has(14) {
            properties.content_encoding = self.text()?;
        }
        if has(13) {
            properties.headers = self.headers()?;
        }
        if has(12) {
            properties.delivery_mode = Some(self.values.u8()?);
        }
        if has(11) {
            properties.priority = Some(self.values.u8()?);
        }
        let mut has_readable_id = true;
        if has(CORRELATION_ID) {
            properties.correlation_id = self.text()?;
            has_readable_id = properties.correlation_id.is_some();
        }
        if has(9) {
            properties.reply_to = self.reply_to()?.filter(|_| has_readable_id);
        }
        if has(8) {
            properties.expiration = self.text()?;
        }
        if has(7) {
            properties.message_id = self.text()?;
        }
        if has(6) {
            properties.timestamp = Some(self.values.u64()?);
        }
        if has(5) {
            properties.kind = self.text()?;
        }
        if has(4) {
            properties.user_id = self.text()?.map(|user| user.as_str().into());
        }
        if has(3) {
            properties.app_id = self.text()?.map(|app| app.as_str().into());
        }
        // AMQP's cluster id, which nobody uses. The two lowest bits have no meaning.
        if has(2) {
            self.text()?;
        }
        Ok(())
    }

    fn text(&mut self) -> Result<Option<SmolStr>, Refusal> {
        let bytes = self.values.short_bytes()?;
        Ok(self.readable(std::str::from_utf8(bytes).map(SmolStr::new)))
    }

    fn reply_to(&mut self) -> Result<Option<SmolStr>, Refusal> {
        let bytes = self.values.short_bytes()?;
        let address = self.reply_addresses.read(bytes);
        Ok(self.readable(address))
    }

    fn readable(&mut self, text: Result<SmolStr, Utf8Error>) -> Option<SmolStr> {
        if text.is_err() {
            self.refusal.get_or_insert(Refusal::NotUtf8);
        }
        text.ok()
    }

    fn headers(&mut self) -> Result<Option<Headers>, Refusal> {
        let mut table = self.values;
        let bytes = self.values.long_bytes()?;
        match table.table(0) {
            Ok(headers) => Ok(Some(headers)),
            Err(refusal) => {
                self.refusal.get_or_insert(refusal);
                Ok(first_death(bytes))
            }
        }
    }
}

/// Nothing but the header `x-first-death-reason` of headers that cannot be read.
fn first_death(headers: &[u8]) -> Option<Headers> {
    let name = [b"\x14", FIRST_DEATH_REASON.as_bytes()].concat();
    let position = headers.windows(name.len()).position(|bytes| bytes == name)?;
    let (_, reason) = FieldReader(&headers[position..]).string_entry().ok()?;
    let reason = std::str::from_utf8(reason?).ok()?;
    Some(Headers::from_iter([(FIRST_DEATH_REASON, reason)]))
}

/// The correlation id, if it is present and readable.
pub(crate) fn correlation_id(bytes: &[u8]) -> Option<&str> {
    let mut values = FieldReader(bytes);
    let flags = values.u16().ok()?;
    let has = |bit: u16| flags & (1 << bit) != 0;
    if !has(CORRELATION_ID) {
        return None;
    }
    for _ in (14..16).filter(|bit| has(*bit)) {
        values.short_bytes().ok()?;
    }
    if has(13) {
        values.long_bytes().ok()?;
    }
    for _ in (11..13).filter(|bit| has(*bit)) {
        values.u8().ok()?;
    }
    values.short_string().ok()
}
