//! The limits that a JSON Schema says, as a short text.

use serde_json::{Map, Value};

/// The limits of a schema, such as `1..=100`, and its default.
pub(crate) fn limits_of(schema: &Value) -> String {
    let Value::Object(members) = schema else { return String::new() };
    let mut texts = Vec::new();
    texts.extend(range(members, "minimum", "maximum", ""));
    texts.extend(range(members, "minLength", "maxLength", " characters"));
    texts.extend(range(members, "minItems", "maxItems", " items"));
    texts.extend(range(members, "minProperties", "maxProperties", " members"));
    for (keyword, text) in [
        ("exclusiveMinimum", "> "),
        ("exclusiveMaximum", "< "),
        ("multipleOf", "a multiple of "),
        ("pattern", "matches "),
        ("default", "default "),
    ] {
        if let Some(value) = members.get(keyword) {
            texts.push(format!("{text}{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        }
    }
    texts.join(", ")
}

/// Both ends. The least value of an unsigned number says nothing.
fn range(members: &Map<String, Value>, least: &str, greatest: &str, unit: &str) -> Option<String> {
    let is_unsigned =
        members.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with('u'));
    let least = members.get(least).filter(|least| !(is_unsigned && least.as_f64() == Some(0.0)));
    let greatest = members.get(greatest).filter(|_| !unit.is_empty() || !is_of_format(members, greatest));
    match (least, greatest) {
        (None, None) => None,
        (Some(least), None) => Some(format!("{least}..{unit}")),
        (None, Some(greatest)) => Some(format!("..={greatest}{unit}")),
        (Some(least), Some(greatest)) => Some(format!("{least}..={greatest}{unit}")),
    }
}

/// The greatest value is that of the type.
fn is_of_format(members: &Map<String, Value>, greatest: &str) -> bool {
    let of_type = match members.get("format").and_then(Value::as_str) {
        Some("uint8") => u64::from(u8::MAX),
        Some("uint16") => u64::from(u16::MAX),
        Some("uint32") => u64::from(u32::MAX),
        _ => return false,
    };
    members.get(greatest).and_then(Value::as_u64) == Some(of_type)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_short() {
        for (schema, expected) in [
            (json!({"format": "uint32", "minimum": 1, "maximum": 100}), "1..=100"),
            (json!({"format": "uint8", "minimum": 0, "maximum": 255}), ""),
            (json!({"format": "uint64", "minimum": 0, "maximum": 90}), "..=90"),
            (json!({"minLength": 1, "maxLength": 40}), "1..=40 characters"),
            (json!({"minItems": 2}), "2.. items"),
            (json!({"pattern": "^a", "default": 7}), "matches ^a, default 7"),
            (json!(true), ""),
        ] {
            assert_eq!(limits_of(&schema), expected, "{schema}");
        }
    }
}
