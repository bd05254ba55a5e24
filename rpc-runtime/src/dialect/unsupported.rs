//! What a wire cannot say.

use std::fmt;

/// Why a dialect cannot carry a method or a request: what its wire cannot say, or what would end the peer's process.
///
/// The text names the method and says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(String);

impl Unsupported {
    /// The reason, such as `` `svc.note` has no reply, and a nameko service dies of a request without one ``.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    pub(crate) fn panicked() -> Self {
        Self::new("the dialect panicked")
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}
