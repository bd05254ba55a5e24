//! The types of JSON.

use serde_json::{Map, Value};

/// Whether a value is of the types that a schema allows; a schema without `type` allows all.
pub(super) fn is_of_type(value: &Value, keywords: &Map<String, Value>) -> bool {
    match keywords.get("type") {
        Some(Value::String(name)) => is(value, name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| is(value, name)),
        _ => true,
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        // JSON Schema takes 1.0 for an integer, and serde does not: what is sent is read by serde.
        "integer" => value.is_i64() || value.is_u64(),
        // A type that draft 7 does not know.
        _ => true,
    }
}

/// The types that a schema allows, in words.
pub(super) fn types(keywords: &Map<String, Value>) -> String {
    match keywords.get("type") {
        Some(Value::String(name)) => in_words(name).to_owned(),
        Some(Value::Array(names)) => {
            let names: Vec<_> = names.iter().filter_map(Value::as_str).map(in_words).collect();
            names.join(" or ")
        }
        _ => "a value".to_owned(),
    }
}

fn in_words(name: &str) -> &str {
    match name {
        "null" => "null",
        "boolean" => "true or false",
        "string" => "a text",
        "array" => "a list",
        "object" => "an object",
        "number" => "a number",
        "integer" => "an integer",
        other => other,
    }
}
