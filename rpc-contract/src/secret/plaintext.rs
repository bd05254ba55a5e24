//! A value as the bytes that are encrypted.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    bare,
    scope::{Decrypted, SecretError, Writing},
};

/// Writes a value. The texts of its errors are left out, for they may quote it.
pub(super) fn write<T: Serialize>(value: &T, writing: Writing) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let mut written = Buffer::default();
    serde_json::to_writer(&mut written, value)
        .map_err(|_| SecretError("the value of a secret cannot be written as JSON"))?;
    let json = written.0;
    if writing == Writing::Bare && json.first() == Some(&b'"') {
        let text = serde_json::from_slice(&json).expect("it was written as the JSON of a text");
        return Ok(Zeroizing::new(String::into_bytes(text)));
    }
    Ok(json)
}

/// Reads a value.
pub(super) fn read<T: DeserializeOwned>(decrypted: &Decrypted) -> Result<T, SecretError> {
    let value = decrypted.bytes.get(decrypted.start..).unwrap_or_default();
    let read = if decrypted.is_bare { bare::read(value) } else { serde_json::from_slice(value).ok() };
    read.ok_or(SecretError("the decrypted value of a secret is of another type"))
}

/// Bytes that are overwritten wherever they were, also when they have outgrown their place.
#[derive(Default)]
struct Buffer(Zeroizing<Vec<u8>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(64) * 2));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
