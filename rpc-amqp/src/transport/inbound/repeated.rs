//! Texts that most messages of a connection share.

use std::str::Utf8Error;

use smol_str::SmolStr;

/// The last text of a kind. One that comes again is neither checked nor copied.
#[derive(Debug, Default)]
pub(crate) struct Repeated(SmolStr);

impl Repeated {
    /// The text of `bytes`.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<SmolStr, Utf8Error> {
        if self.0.as_bytes() != bytes {
            self.0 = SmolStr::new(std::str::from_utf8(bytes)?);
        }
        Ok(self.0.clone())
    }
}
