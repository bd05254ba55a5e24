//! Names and texts of at most 255 bytes.

use super::EncodeError;
use crate::limits::MAX_SHORT_STRING_BYTES;

/// Checks a name or text property. `what` names it in the error.
///
/// # Errors
/// When it is longer than a short string.
pub(crate) fn check_short(what: &'static str, text: &str) -> Result<(), EncodeError> {
    if text.len() > MAX_SHORT_STRING_BYTES { Err(EncodeError::TooLong(what)) } else { Ok(()) }
}

/// Appends a short string, whose length was checked.
pub(super) fn write_short(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).expect("its length was checked"));
    out.extend_from_slice(text.as_bytes());
}
