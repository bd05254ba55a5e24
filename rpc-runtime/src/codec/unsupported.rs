//! Content types and encodings that no codec here reads.

use std::fmt;

/// The body is nothing that is read here; says what it is instead, for people.
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
        Self(format!("content type {name:?} is not spoken here; send {readable}"))
    }

    #[cold]
    pub(super) fn encoding(name: &str) -> Self {
        Self(format!("content encoding {name:?} is not spoken here; send the body as it is"))
    }
}
