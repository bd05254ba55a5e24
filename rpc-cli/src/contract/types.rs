//! The type that a JSON Schema says, as a short text.

use amqp_rpc::docs::json_schema::definition_of;
use serde_json::{Map, Value};

/// The deepest nesting that is written out; deeper types are `…`.
const MAX_DEPTH: usize = 4;

/// The most values and variants that are written out.
const MAX_ALTERNATIVES: usize = 8;

/// The type of a schema, such as `[uint32] | null`. References are the names of what they lead to.
pub(crate) fn type_of(schema: &Value) -> String {
    text_of(schema, 0)
}

fn text_of(schema: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    let Value::Object(members) = schema else {
        return if *schema == Value::Bool(false) { "nothing" } else { "any" }.to_owned();
    };
    if let Some(Value::String(reference)) = members.get("$ref") {
        return definition_of(reference).unwrap_or_else(|| reference.clone());
    }
    if let Some(constant) = members.get("const") {
        return constant.to_string();
    }
    if let Some(Value::Array(values)) = members.get("enum") {
        return alternatives(values, Value::to_string);
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(Value::Array(schemas)) = members.get(several) {
            return alternatives(schemas, |schema| text_of(schema, depth + 1));
        }
    }
    if let Some(Value::Array(schemas)) = members.get("allOf")
        && let [schema] = schemas.as_slice()
    {
        return text_of(schema, depth + 1);
    }
    match members.get("type") {
        Some(Value::String(name)) => named(name, members, depth),
        Some(Value::Array(names)) => {
            alternatives(names, |name| named(name.as_str().unwrap_or("any"), members, depth))
        }
        _ if members.contains_key("properties") => named("object", members, depth),
        _ => "any".to_owned(),
    }
}

fn alternatives(values: &[Value], text: impl Fn(&Value) -> String) -> String {
    let mut texts: Vec<_> = values.iter().take(MAX_ALTERNATIVES).map(text).collect();
    if values.len() > MAX_ALTERNATIVES {
        texts.push("…".to_owned());
    }
    texts.join(" | ")
}

fn named(name: &str, members: &Map<String, Value>, depth: usize) -> String {
    let format = members.get("format").and_then(Value::as_str);
    match (name, format) {
        ("array", _) => match members.get("items") {
            Some(Value::Array(items)) => {
                let items: Vec<_> =
                    items.iter().take(MAX_ALTERNATIVES).map(|item| text_of(item, depth + 1)).collect();
                format!("[{}]", items.join(", "))
            }
            Some(items) => format!("[{}]", text_of(items, depth + 1)),
            None => "[any]".to_owned(),
        },
        ("object", _) => object(members, depth),
        ("integer" | "number", Some(format)) => format.to_owned(),
        (_, Some(format)) => format!("{name} ({format})"),
        _ => name.to_owned(),
    }
}

/// Fields, those that may be missing with a question mark; or a map.
fn object(members: &Map<String, Value>, depth: usize) -> String {
    let required = members.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    if let Some(Value::Object(fields)) = members.get("properties")
        && !fields.is_empty()
    {
        let field = |(name, schema): (&String, &Value)| {
            let mark = if is_required(name) { "" } else { "?" };
            format!("{name}{mark}: {}", text_of(schema, depth + 1))
        };
        let more = if fields.len() > MAX_ALTERNATIVES { ", …" } else { "" };
        let fields: Vec<_> = fields.iter().take(MAX_ALTERNATIVES).map(field).collect();
        return format!("{{{}{more}}}", fields.join(", "));
    }
    match members.get("additionalProperties") {
        Some(values @ Value::Object(_)) => format!("{{string: {}}}", text_of(values, depth + 1)),
        _ => "object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_short() {
        for (schema, expected) in [
            (json!({"type": "integer", "format": "uint32", "minimum": 0}), "uint32"),
            (json!({"type": "string"}), "string"),
            (json!({"type": "string", "format": "uuid"}), "string (uuid)"),
            (json!({"$ref": "#/components/schemas/Article"}), "Article"),
            (json!({"allOf": [{"$ref": "#/components/schemas/Article"}], "default": 1}), "Article"),
            (json!({"type": ["string", "null"]}), "string | null"),
            (json!({"type": "array", "items": {"type": "boolean"}}), "[boolean]"),
            (json!({"type": "string", "enum": ["a", "b"]}), "\"a\" | \"b\""),
            (
                json!({"type": "object", "properties": {"a": {"type": "null"}, "b": true}, "required": ["a"]}),
                "{a: null, b?: any}",
            ),
            (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "{string: integer}"),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), "string | null"),
            (json!(true), "any"),
            (json!({}), "any"),
        ] {
            assert_eq!(type_of(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_in_itself_ends() {
        let mut schema = json!({"type": "string"});
        for _ in 0..20 {
            schema = json!({"type": "array", "items": schema});
        }
        assert_eq!(type_of(&schema), "[[[[[…]]]]]");
        let many = json!({"enum": (0..100).collect::<Vec<_>>()});
        assert!(type_of(&many).ends_with("7 | …"), "{}", type_of(&many));
    }
}
