//! A type in words, and its limits.

use serde_json::{Map, Value};

use super::{json, limits, scope::Scope, text::Text};

/// The type that a schema describes, as HTML.
pub(super) fn type_of(schema: &Value, scope: &Scope<'_>) -> String {
    in_words(schema, scope, 0)
}

fn in_words(schema: &Value, scope: &Scope<'_>, level: usize) -> String {
    let Some(keywords) = schema.as_object() else {
        return if schema == &Value::Bool(false) { "nothing".to_owned() } else { "any".to_owned() };
    };
    if level > limits::TYPE_LEVELS {
        return "…".to_owned();
    }
    if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
        return scope.link(reference);
    }
    if let Some(value) = keywords.get("const") {
        return code(value);
    }
    if let Some(values) = keywords.get("enum").and_then(Value::as_array) {
        return joined(values, " or ", code);
    }
    for (keyword, separator) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(schemas) = keywords.get(keyword).and_then(Value::as_array) {
            return joined(schemas, separator, |schema| in_words(schema, scope, level + 1));
        }
    }
    match keywords.get("type") {
        Some(Value::String(name)) => named(name, keywords, scope, level),
        Some(Value::Array(names)) => joined(names, " or ", |name| match name.as_str() {
            Some(name) => named(name, keywords, scope, level),
            None => "?".to_owned(),
        }),
        _ if keywords.contains_key("properties") => "object".to_owned(),
        _ => "any".to_owned(),
    }
}

fn named(name: &str, keywords: &Map<String, Value>, scope: &Scope<'_>, level: usize) -> String {
    match name {
        "array" => match keywords.get("items") {
            Some(Value::Array(items)) => {
                format!("list of: {}", joined(items, ", ", |item| in_words(item, scope, level + 1)))
            }
            Some(items) => {
                let collection =
                    if keywords.get("uniqueItems") == Some(&Value::Bool(true)) { "set" } else { "list" };
                format!("{collection} of {}", in_words(items, scope, level + 1))
            }
            None => "list".to_owned(),
        },
        "object" if !keywords.contains_key("properties") => match keywords.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("map of {}", in_words(values, scope, level + 1)),
            _ => "object".to_owned(),
        },
        "integer" | "number" | "string" => match keywords.get("format").and_then(Value::as_str) {
            Some(format) => format!("{name} ({})", Text::name(format)),
            None => name.to_owned(),
        },
        other => Text::name(other).to_string(),
    }
}

fn joined(values: &[Value], separator: &str, words: impl Fn(&Value) -> String) -> String {
    let mut all: Vec<_> = values.iter().take(limits::ALTERNATIVES).map(words).collect();
    if values.len() > limits::ALTERNATIVES {
        all.push("…".to_owned());
    }
    all.join(separator)
}

/// A value as code.
pub(super) fn code(value: &Value) -> String {
    let text = json::one_line(value, limits::NAME).unwrap_or_else(|| "…".to_owned());
    format!("<code>{}</code>", Text::whole(&text))
}

/// What limits the values of a schema, as HTML.
pub(super) fn limits_of(keywords: &Map<String, Value>) -> Vec<String> {
    let mut said = Vec::new();
    let is_unsigned =
        keywords.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint"));
    let minimum = number(keywords, "minimum").filter(|minimum| !(is_unsigned && minimum == "0"));
    said.extend(range(minimum, number(keywords, "maximum"), ""));
    said.extend(number(keywords, "exclusiveMinimum").map(|bound| format!("more than {bound}")));
    said.extend(number(keywords, "exclusiveMaximum").map(|bound| format!("less than {bound}")));
    said.extend(number(keywords, "multipleOf").map(|factor| format!("a multiple of {factor}")));
    for (least, most, what) in [
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " elements"),
        ("minProperties", "maxProperties", " members"),
    ] {
        said.extend(range(number(keywords, least), number(keywords, most), what));
    }
    if let Some(pattern) = keywords.get("pattern").and_then(Value::as_str) {
        said.push(format!("matches <code>{}</code>", Text::name(pattern)));
    }
    if let Some(items) = keywords.get("items").and_then(Value::as_object) {
        let of_items = limits_of_simple(items);
        said.extend((!of_items.is_empty()).then(|| format!("each: {}", of_items.join(", "))));
    }
    if let Some(default) = keywords.get("default") {
        said.push(format!("default {}", code(default)));
    }
    said
}

/// Those of elements: elements of elements are left out, so that it ends.
fn limits_of_simple(keywords: &Map<String, Value>) -> Vec<String> {
    let without_items = keywords.iter().filter(|(keyword, _)| is_a_limit(keyword));
    let without_items: Map<_, _> =
        without_items.map(|(keyword, value)| (keyword.clone(), value.clone())).collect();
    limits_of(&without_items)
}

fn is_a_limit(keyword: &str) -> bool {
    keyword == "format" || keyword == "pattern" || keyword == "multipleOf" || {
        ["min", "max", "exclusive"].iter().any(|prefix| keyword.starts_with(prefix))
    }
}

fn number(keywords: &Map<String, Value>, keyword: &str) -> Option<String> {
    let Value::Number(number) = keywords.get(keyword)? else { return None };
    Some(match number.as_f64() {
        // Limits of whole numbers are written as such.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
        _ => number.to_string(),
    })
}

fn range(least: Option<String>, most: Option<String>, what: &str) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}{what}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{what}")),
        (Some(least), None) => Some(format!("at least {least}{what}")),
        (None, Some(most)) => Some(format!("at most {most}{what}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_contract::description::ServiceDescription;
    use serde_json::json;

    use super::*;
    use crate::schema::Names;

    fn words(schema: Value) -> String {
        let mut service = ServiceDescription::new("a");
        service.schemas.insert("User".to_owned(), json!({}));
        let scope = Scope::of(&service, &mut Names::default());
        type_of(&schema, &scope)
    }

    #[test]
    fn types_are_named_in_words() {
        let user = json!({ "$ref": "#/components/schemas/User" });
        for (schema, expected) in [
            (json!({}), "any"),
            (json!({ "type": "integer", "format": "uint8" }), "integer (uint8)"),
            (json!({ "type": ["string", "null"] }), "string or null"),
            (json!({ "type": "array", "items": user }), "list of <a href=\"#type.User\">User</a>"),
            (json!({ "type": "array", "items": {"type": "string"}, "uniqueItems": true }), "set of string"),
            (json!({ "type": "array", "items": [{"type": "string"}, {}] }), "list of: string, any"),
            (json!({ "type": "object", "additionalProperties": {"type": "boolean"} }), "map of boolean"),
            (json!({ "enum": ["a", 1] }), "<code>&quot;a&quot;</code> or <code>1</code>"),
            (json!({ "anyOf": [user, {"type": "null"}] }), "<a href=\"#type.User\">User</a> or null"),
            (json!({ "$ref": "#/components/schemas/No<ne" }), "No&lt;ne"),
        ] {
            assert_eq!(words(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn limits_are_named_in_words() {
        let limits = |schema: Value| limits_of(schema.as_object().unwrap()).join("; ");
        assert_eq!(limits(json!({ "minimum": 0, "maximum": 90, "format": "uint64" })), "at most 90");
        assert_eq!(limits(json!({ "minimum": 1.0, "exclusiveMaximum": 2.5 })), "at least 1; less than 2.5");
        assert_eq!(limits(json!({ "minLength": 3, "maxLength": 3 })), "exactly 3 characters");
        assert_eq!(
            limits(json!({ "maxItems": 5, "items": { "minLength": 1 } })),
            "at most 5 elements; each: at least 1 characters"
        );
        assert_eq!(
            limits(json!({ "pattern": "<a>", "default": "x" })),
            "matches <code>&lt;a&gt;</code>; default <code>&quot;x&quot;</code>"
        );
    }

    #[test]
    fn a_type_of_many_levels_is_cut() {
        let deep = (0..1_000).fold(json!({}), |inner, _| json!({ "type": "array", "items": inner }));
        assert!(words(deep).ends_with("list of …"));
        let wide = json!({ "enum": vec![1; 100_000] });
        assert!(words(wide).len() < 1_000);
    }
}
