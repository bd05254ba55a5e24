//! The length of texts, and their patterns.

use regex_lite::RegexBuilder;
use serde_json::{Map, Value};

use super::{
    super::{mismatch::Kind, path::Path},
    Checker,
};

/// The largest program of a pattern.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

/// The longest text that is compared with a pattern: it takes time that grows with both.
const MAX_MATCHED_BYTES: usize = 64 * 1024;

pub(super) fn check(checker: &mut Checker<'_>, keywords: &Map<String, Value>, text: &str, path: Path<'_>) {
    let limit = |name: &str| keywords.get(name).and_then(Value::as_u64);
    let length = text.chars().count() as u64;
    let expected = match (limit("minLength"), limit("maxLength")) {
        (Some(least), _) if length < least => Some(format!("{least} characters at least")),
        (_, Some(greatest)) if length > greatest => Some(format!("{greatest} characters at most")),
        _ => unmatched(keywords, text).map(|pattern| format!("a text that matches {pattern}")),
    };
    if let Some(expected) = expected {
        checker.mismatch(path, Kind::Limit, expected, &text.into());
    }
}

/// The pattern that a text does not match. A pattern of another dialect of regular expressions is left to the server.
fn unmatched<'a>(keywords: &'a Map<String, Value>, text: &str) -> Option<&'a str> {
    let pattern = keywords.get("pattern")?.as_str()?;
    if text.len() > MAX_MATCHED_BYTES {
        return None;
    }
    let regex = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build().ok()?;
    (!regex.is_match(text)).then_some(pattern)
}
