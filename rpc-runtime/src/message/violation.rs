//! Values that break a rule of the contract.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value of a request, or of a result, that breaks a rule of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    #[serde(default)]
    field: String,
    #[serde(default)]
    message: String,
}

impl Violation {
    /// Paths and messages may hold keys that the caller has chosen, of any length.
    const MOST_BYTES: usize = 256;

    /// What is wrong with the value at the path `field`, such as `user.address.zip` or `ages[2]`; empty when it is the body as a whole.
    /// Of both the first 256 bytes are kept.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: cut(field.into(), Self::MOST_BYTES), message: cut(message.into(), Self::MOST_BYTES) }
    }

    /// The path of the value, by the names of the Rust types.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule that it breaks, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The beginning of a text that is longer than `most` bytes, and all of others.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
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

/// Everything in one request, or one result, that breaks a rule; of very many the first hundred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    first: Vec<Violation>,
    more: usize,
}

impl Violations {
    /// A list with every element of a long one would be larger than what it is about.
    const MOST: usize = 100;

    /// They, in the order in which they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.first
    }

    pub(crate) fn into_vec(self) -> Vec<Violation> {
        self.first
    }
}

impl Violations {
    /// Of very many the texts of most are never made.
    pub(crate) fn of<T>(found: impl IntoIterator<Item = T>, violation: impl Fn(T) -> Violation) -> Self {
        let mut found = found.into_iter();
        let first = found.by_ref().take(Self::MOST).map(violation).collect();
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
    fn what_a_caller_has_chosen_is_cut_between_its_letters() {
        let violation = Violation::new("ä".repeat(1_000_000), "short");
        assert_eq!(violation.field(), format!("{}…", "ä".repeat(128)));
        assert_eq!(violation.message(), "short");
        assert_eq!(cut("aä".into(), 2), "a…");
        assert_eq!(cut("aä".into(), 3), "aä");
    }

    #[test]
    fn of_very_many_the_first_hundred_are_told_and_the_others_counted() {
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
