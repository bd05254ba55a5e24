//! Paths and texts of findings. They are of a bounded length, whatever schemas say.

use std::io;

use serde_json::Value;

/// The longest path, in bytes.
const MAX_PATH: usize = 1_000;

/// The longest text of a schema within a finding, in bytes.
const MAX_TEXT: usize = 200;

/// The most listed values within a finding.
const MAX_VALUES: usize = 20;

/// The path of what is below `path`. It ends with an ellipsis where it would be too long.
pub(super) fn below(path: &str, step: &str) -> String {
    if path.ends_with('…') {
        path.to_owned()
    } else if path.len() + step.len() > MAX_PATH {
        format!("{path}…")
    } else {
        format!("{path}{step}")
    }
}

/// The path of a member.
pub(super) fn member(path: &str, name: &str) -> String {
    below(path, &format!(".{}", beginning(name, MAX_PATH)))
}

/// The text, or its beginning.
pub(super) fn shortened(text: &str) -> String {
    let beginning = beginning(text, MAX_TEXT);
    if beginning.len() < text.len() { format!("{beginning}…") } else { text.to_owned() }
}

/// The value as JSON, or its beginning. A long one is not written to its end.
pub(super) fn json(value: &Value) -> String {
    if let Value::String(text) = value
        && text.len() > MAX_TEXT
    {
        return format!("\"{}", shortened(text));
    }
    let mut text = Beginning(Vec::new());
    match serde_json::to_writer(&mut text, value) {
        Ok(()) => String::from_utf8_lossy(&text.0).into_owned(),
        Err(_) => {
            let text = String::from_utf8_lossy(&text.0);
            format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
        }
    }
}

/// Takes bytes up to the longest text, and then no more.
struct Beginning(Vec<u8>);

impl io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = MAX_TEXT - self.0.len();
        let taken = &bytes[..bytes.len().min(free)];
        self.0.extend_from_slice(taken);
        // Nothing taken of something is an error for who writes.
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Values, in quotation marks for code; `None` if there are none.
pub(super) fn values(values: &[&Value]) -> Option<String> {
    let mut said: Vec<String> =
        values.iter().take(MAX_VALUES).map(|value| format!("`{}`", json(value))).collect();
    if let Some(more @ 1..) = values.len().checked_sub(MAX_VALUES) {
        said.push(format!("{more} more"));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

fn beginning(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest + 1);
    if end == text.len() {
        return text;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_too_long_ends_with_an_ellipsis() {
        assert_eq!(member("reply.user", "zip"), "reply.user.zip");
        let long = member("reply", &"ü".repeat(1_000));
        assert_eq!(long, "reply…");
        assert_eq!(member(&long, "zip"), "reply…");
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(super::json(&json!({ "a": [1, "b"] })), r#"{"a":[1,"b"]}"#);
        let long = super::json(&json!("ü".repeat(1_000)));
        assert_eq!(long, format!("\"{}…", "ü".repeat(100)));
        assert!(shortened(&"ü".repeat(1_000)).len() < 210);
    }

    #[test]
    fn many_values_are_counted() {
        let numbers: Vec<Value> = (0..22).map(|number| json!(number)).collect();
        let said = |count: usize| values(&numbers.iter().take(count).collect::<Vec<_>>());
        assert_eq!(said(0), None);
        assert_eq!(said(2).as_deref(), Some("`0`, `1`"));
        assert!(said(22).unwrap().ends_with("`19`, 2 more"));
    }
}
