//! Parses AMQP's strings and tables with bounds: on every length, and on the nesting of tables.

use crate::message::Refusal;

/// The deepest nesting of headers that passes. lapin's parser recurses once per level, on a thread with a
/// small stack.
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

    pub(crate) fn short_string(&mut self) -> Result<(), Refusal> {
        if is_utf8(self.short_bytes()?) { Ok(()) } else { Err(Refusal::NotUtf8) }
    }

    pub(crate) fn long_bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| Refusal::Malformed)?)
    }

    /// Checks a table that is nested `depth` levels below the headers.
    pub(crate) fn table(&mut self, depth: usize) -> Result<(), Refusal> {
        let mut entries = FieldReader(self.long_bytes()?);
        while !entries.0.is_empty() {
            entries.short_string()?;
            entries.value(depth + 1)?;
        }
        Ok(())
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

    fn list(&mut self, depth: usize) -> Result<(), Refusal> {
        let mut values = FieldReader(self.long_bytes()?);
        while !values.0.is_empty() {
            values.value(depth + 1)?;
        }
        Ok(())
    }

    /// Accepts exactly the types that lapin's parser knows. Any other type makes lapin end the connection.
    fn value(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        match self.u8()? {
            b'V' => Ok(()),
            b't' | b'b' | b'B' => self.take(1).map(drop),
            b's' | b'U' | b'u' => self.take(2).map(drop),
            b'I' | b'i' | b'f' => self.take(4).map(drop),
            b'D' => self.take(5).map(drop),
            b'l' | b'L' | b'd' | b'T' => self.take(8).map(drop),
            b'S' | b'x' => self.long_bytes().map(drop),
            b'A' => self.list(depth),
            b'F' => self.table(depth),
            _ => Err(Refusal::Malformed),
        }
    }
}

/// Checks for ASCII first, which is faster, since nearly all strings are ASCII.
pub(crate) fn is_utf8(text: &[u8]) -> bool {
    text.is_ascii() || std::str::from_utf8(text).is_ok()
}
