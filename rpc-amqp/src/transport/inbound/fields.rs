//! Reads AMQP's strings and tables with bounds: on every length, and on the nesting of tables.

use crate::message::{HeaderValue, Headers, Refusal};

/// The deepest nesting of headers that is read. Reading and dropping them recurses once per level.
pub(crate) const MAX_DEPTH: usize = 32;

/// Reads fields from the front of a byte slice. Reading past the end is `Malformed`, never a panic.
#[derive(Clone, Copy)]
pub(crate) struct FieldReader<'a>(pub(crate) &'a [u8]);

impl<'a> FieldReader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn short_bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = self.u8()?;
        self.take(length.into())
    }

    pub(crate) fn short_string(&mut self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.short_bytes()?).map_err(|_| Refusal::NotUtf8)
    }

    pub(crate) fn long_bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| Refusal::Malformed)?)
    }

    /// Reads a table that is nested `depth` levels below the headers.
    pub(crate) fn table(&mut self, depth: usize) -> Result<Headers, Refusal> {
        let mut entries = FieldReader(self.long_bytes()?);
        let mut table = Headers::default();
        while !entries.0.is_empty() {
            let name = entries.short_string()?;
            table.insert(name, entries.value(depth + 1)?);
        }
        Ok(table)
    }

    /// Reads one entry of a table: its key, and its value if that is a long string.
    pub(crate) fn string_entry(&mut self) -> Result<(&'a [u8], Option<&'a [u8]>), Refusal> {
        let key = self.short_bytes()?;
        if let Some((b'S', string)) = self.0.split_first() {
            self.0 = string;
            return Ok((key, Some(self.long_bytes()?)));
        }
        self.value(1)?;
        Ok((key, None))
    }

    fn list(&mut self, depth: usize) -> Result<Vec<HeaderValue>, Refusal> {
        let mut values = FieldReader(self.long_bytes()?);
        let mut list = Vec::new();
        while !values.0.is_empty() {
            list.push(values.value(depth + 1)?);
        }
        Ok(list)
    }

    /// Reads a value of the types that RabbitMQ and its clients exchange: those that lapin's parser knows, which
    /// reads the tables of methods.
    fn value(&mut self, depth: usize) -> Result<HeaderValue, Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        Ok(match self.u8()? {
            b'V' => HeaderValue::Null,
            b't' => HeaderValue::Bool(self.u8()? != 0),
            b'b' => HeaderValue::Int(i8::from_be_bytes(self.array()?).into()),
            b'B' => HeaderValue::Int(self.u8()?.into()),
            b's' | b'U' => HeaderValue::Int(i16::from_be_bytes(self.array()?).into()),
            b'u' => HeaderValue::Int(self.u16()?.into()),
            b'I' => HeaderValue::Int(i32::from_be_bytes(self.array()?).into()),
            b'i' => HeaderValue::Int(self.u32()?.into()),
            // RabbitMQ reads the unsigned one as signed, too.
            b'l' | b'L' => HeaderValue::Int(i64::from_be_bytes(self.array()?)),
            b'f' => HeaderValue::Float(f32::from_be_bytes(self.array()?).into()),
            b'd' => HeaderValue::Float(f64::from_be_bytes(self.array()?)),
            b'D' => {
                let scale = self.u8()?;
                HeaderValue::Float(f64::from(self.u32()?) / 10f64.powi(scale.into()))
            }
            b'T' => HeaderValue::Timestamp(self.u64()?),
            b'S' => text_or_bytes(self.long_bytes()?),
            b'x' => HeaderValue::Bytes(self.long_bytes()?.to_vec()),
            b'A' => HeaderValue::List(self.list(depth)?),
            b'F' => HeaderValue::Table(self.table(depth)?),
            _ => return Err(Refusal::Malformed),
        })
    }
}

/// A long string is bytes in AMQP, and text by custom.
fn text_or_bytes(string: &[u8]) -> HeaderValue {
    match std::str::from_utf8(string) {
        Ok(text) => HeaderValue::Text(text.to_owned()),
        Err(_) => HeaderValue::Bytes(string.to_vec()),
    }
}

/// Checks for ASCII first, which is faster, since nearly all strings are ASCII.
pub(crate) fn is_utf8(text: &[u8]) -> bool {
    text.is_ascii() || std::str::from_utf8(text).is_ok()
}
