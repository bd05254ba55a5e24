//! What is wrong with a value or a text.

use std::fmt;

/// Why a value cannot be written as text, or a text cannot be read as a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TextError(String);

impl TextError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TextError {}

impl serde::ser::Error for TextError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

impl serde::de::Error for TextError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}
