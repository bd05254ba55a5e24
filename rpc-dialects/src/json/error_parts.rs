//! What other frameworks want to know of a method's own error: its kind and its text.

use serde_json::Value;

/// The kind and the text of a method's own error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorParts {
    /// The name of an enum's variant, or the member `code`, `type`, `kind` or `name`. `None` where there is none.
    pub(crate) kind: Option<String>,
    /// The error's `Display`, else its member `message`, else its JSON.
    pub(crate) text: String,
}

impl ErrorParts {
    /// The parts of an error with this JSON. `text` is its `Display`, if it has one.
    pub(crate) fn of(json: &str, text: Option<&str>) -> Self {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let (kind, message) = match &value {
            Value::String(variant) => (Some(variant.as_str()), None),
            Value::Object(members) => {
                let of = |name: &str| members.get(name).and_then(Value::as_str);
                let named = ["code", "type", "kind", "name"].into_iter().find_map(of);
                let only = members.keys().next().filter(|_| members.len() == 1).map(String::as_str);
                (named.or(only.filter(|only| *only != "message")), of("message"))
            }
            _ => (None, None),
        };
        // A text with spaces is a message, and no variant.
        let kind = kind.filter(|kind| !kind.is_empty() && !kind.contains(char::is_whitespace));
        let text = text.or(message).or(value.as_str()).map_or_else(|| json.to_owned(), str::to_owned);
        Self { kind: kind.map(str::to_owned), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_text_are_found_in_what_serde_makes_of_errors() {
        for (json, display, kind, text) in [
            (r#""TooLarge""#, Some("n is above 90"), Some("TooLarge"), "n is above 90"),
            (r#"{"TooLarge":{"limit":90}}"#, None, Some("TooLarge"), r#"{"TooLarge":{"limit":90}}"#),
            (r#"{"code":"TOO_LARGE","message":"above 90"}"#, None, Some("TOO_LARGE"), "above 90"),
            (r#"{"type":"TooLarge","limit":90}"#, Some("above"), Some("TooLarge"), "above"),
            (r#""n is above 90""#, None, None, "n is above 90"),
            (r#"{"message":"above 90"}"#, None, None, "above 90"),
            ("7", None, None, "7"),
        ] {
            let parts = ErrorParts::of(json, display);
            assert_eq!((parts.kind.as_deref(), parts.text.as_str()), (kind, text), "{json}");
        }
    }
}
