//! Content types and encodings that are not supported.

use std::fmt;

/// A content type or encoding that no codec reads. The text is for people.
#[derive(Clone, Debug)]
pub(crate) struct UnsupportedMedia(String);

impl fmt::Display for UnsupportedMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnsupportedMedia {}

impl UnsupportedMedia {
    pub(super) fn content_type(name: &str, readable: &[&str]) -> Self {
        let readable = readable.join(" or ");
        Self(format!("content type {name:?} is not supported; send {readable}"))
    }

    #[cold]
    pub(super) fn encoding(name: &str) -> Self {
        Self(format!("content encoding {name:?} is not supported; send the body uncompressed"))
    }
}
