//! A note on integers that JavaScript would round.

use serde_json::{Map, Value};

use super::{integer_range, visit_mut};

/// Appended to the description of integers that may be larger. It begins a paragraph of its own.
const NOTE: &str = "May exceed 2^53 - 1 (9007199254740991): JavaScript and other parsers that read numbers as doubles \
                    round it silently. Use a parser with big integers.";

const LARGEST_SAFE: i128 = 9_007_199_254_740_991;

/// Says in the description of each integer within `schema` that may be beyond 2^53 - 1 what a parser with doubles
/// makes of it. Does so once, however often it is called.
pub(crate) fn note_large_integers(schema: &mut Value) {
    visit_mut(schema, &mut |keywords| {
        if !is_integer(keywords) || is_safe(keywords) {
            return;
        }
        let description = keywords.get("description").and_then(Value::as_str).unwrap_or_default();
        if !description.ends_with(NOTE) {
            let separator = if description.is_empty() { "" } else { "\n\n" };
            let noted = format!("{description}{separator}{NOTE}");
            keywords.insert("description".into(), noted.into());
        }
    });
}

fn is_integer(keywords: &Map<String, Value>) -> bool {
    match keywords.get("type") {
        Some(Value::String(one)) => one == "integer",
        Some(Value::Array(several)) => several.iter().any(|one| one == "integer"),
        _ => false,
    }
}

fn is_safe(keywords: &Map<String, Value>) -> bool {
    // Listed values are seen by who reads the schema.
    if keywords.contains_key("enum") || keywords.contains_key("const") {
        return true;
    }
    let (least, greatest) = integer_range(|keyword| keywords.get(keyword));
    least >= -LARGEST_SAFE && greatest <= LARGEST_SAFE
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn noted(mut schema: Value) -> Value {
        note_large_integers(&mut schema);
        schema
    }

    #[test]
    fn integers_beyond_a_double_are_noted_once() {
        let schema = json!({
            "properties": {
                "id": { "type": "integer", "format": "uint64", "minimum": 0, "description": "The id." },
                "delta": { "type": ["integer", "null"], "format": "int64" },
            },
        });
        let once = noted(schema);
        assert_eq!(once["properties"]["id"]["description"], format!("The id.\n\n{NOTE}"));
        assert_eq!(once["properties"]["delta"]["description"], NOTE);
        assert_eq!(noted(once.clone()), once);
    }

    #[test]
    fn integers_that_a_double_holds_are_not_noted() {
        for schema in [
            json!({ "type": "integer", "format": "uint32", "minimum": 0 }),
            json!({ "type": "integer", "format": "uint64", "minimum": 0, "maximum": 90 }),
            json!({ "type": "integer", "enum": [1, 2] }),
            json!({ "type": "number" }),
            json!({ "type": "string", "format": "int64" }),
        ] {
            assert_eq!(noted(schema.clone()), schema);
        }
    }
}
