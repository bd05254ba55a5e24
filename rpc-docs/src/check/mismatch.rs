//! A value that does not fit.

use std::fmt;

use serde_json::Value;

/// A value that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub(super) path: String,
    pub(super) expected: String,
    pub(super) found: Option<String>,
    pub(super) kind: Kind,
}

/// What a mismatch says about the choice between variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value of another type, or not one of those that are listed.
    Other,
    /// A member is missing.
    Missing,
    /// A value of the right type that breaks a limit.
    Limit,
}

/// The longest value that is shown.
const MAX_FOUND_CHARACTERS: usize = 60;

impl Mismatch {
    /// The place in the body, such as `order.items[3].zip`; empty for the body itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What belongs there, such as `90 at most`.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What is there, shortened; `None` if a member is missing.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }
}

/// `n: expected 90 at most, found 91`.
impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the body" } else { &self.path };
        match &self.found {
            Some(found) => write!(formatter, "{place}: expected {}, found {found}", self.expected),
            None => write!(formatter, "{place}: missing, expected {}", self.expected),
        }
    }
}

/// A value in a message: shortened, and without control characters.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) if !items.is_empty() => format!("a list of {}", items.len()),
        Value::Object(members) if !members.is_empty() => {
            let names: Vec<_> = members.keys().take(5).map(String::as_str).collect();
            let more = if members.len() > names.len() { ", …" } else { "" };
            cut(&format!("an object with {}{more}", names.join(", ")))
        }
        Value::String(text) if text.len() > MAX_FOUND_CHARACTERS * 4 => {
            cut(&format!("a text of {} characters", text.chars().count()))
        }
        _ => cut(&value.to_string()),
    }
}

fn cut(text: &str) -> String {
    let mut shown: String =
        text.chars().filter(|char| !char.is_control()).take(MAX_FOUND_CHARACTERS).collect();
    if text.chars().count() > MAX_FOUND_CHARACTERS {
        shown.push('…');
    }
    shown
}
