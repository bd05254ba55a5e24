//! Violations: values that break a rule of the contract.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value of a request or of a result that breaks a rule of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    #[serde(default)]
    field: String,
    #[serde(default)]
    message: String,
}

impl Violation {
    /// A limit is needed because paths and messages may contain keys of the request, of any length.
    const MAX_BYTES: usize = 256;

    /// A violation by the value at the path `field`, such as `user.address.zip` or `ages[2]`. An empty path
    /// means the whole body. Path and message are cut after 256 bytes each.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: cut(field.into(), Self::MAX_BYTES), message: cut(message.into(), Self::MAX_BYTES) }
    }

    /// The path of the value, with the field names of the Rust types.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule that the value breaks, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The text, cut after `max` bytes.
#[must_use]
pub fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.message),
            field => write!(f, "{field}: {}", self.message),
        }
    }
}

/// The violations of one request or one result: the first hundred, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    first: Vec<Violation>,
    more: usize,
}

impl Violations {
    /// How many violations are listed. A limit is needed because a long list of invalid values would have more
    /// violations than bytes.
    pub const MAX: usize = 100;

    /// The first hundred violations, in the order in which they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.first
    }

    /// The first hundred violations, as [`as_slice`](Self::as_slice) shows them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Violation> {
        self.first
    }
}

impl Violations {
    /// Collects violations, and makes the texts of the first hundred only.
    pub(crate) fn of<T>(found: impl IntoIterator<Item = T>, violation: impl Fn(T) -> Violation) -> Self {
        let mut found = found.into_iter();
        let first = found.by_ref().take(Self::MAX).map(violation).collect();
        Self { first, more: found.count() }
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<I: IntoIterator<Item = Violation>>(violations: I) -> Self {
        Self::of(violations, |violation| violation)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.first.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Violations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_of_the_caller_is_cut_between_characters() {
        let violation = Violation::new("ä".repeat(1_000_000), "short");
        assert_eq!(violation.field(), format!("{}…", "ä".repeat(128)));
        assert_eq!(violation.message(), "short");
        assert_eq!(cut("aä".into(), 2), "a…");
        assert_eq!(cut("aä".into(), 3), "aä");
    }

    #[test]
    fn the_first_hundred_violations_are_listed_and_the_others_counted() {
        let violations: Violations =
            (0..250).map(|n| Violation::new(format!("ages[{n}]"), "too old")).collect();
        assert_eq!(violations.as_slice().len(), 100);
        let shown = violations.to_string();
        assert!(
            shown.starts_with("ages[0]: too old; ages[1]: ") && shown.ends_with("; and 150 more"),
            "{shown}"
        );
    }
}
