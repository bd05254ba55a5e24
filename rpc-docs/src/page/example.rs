//! A body of a request to begin with, where the description has no example.

use amqp_rpc_contract::description::MethodDescription;
use serde_json::{Map, Value, json};

use super::{json, scope::Scope};
use crate::schema::{integer_range, is_secret};

/// The levels of an example. Optional members are left out from the second on, so that recursions end.
const LEVELS: usize = 8;
/// The values of an example, those within it included.
const VALUES: usize = 200;
/// The characters of a text.
const CHARACTERS: usize = 100;

/// The bodies to show: those of the description, or one that is made up from the schema.
pub(super) fn of(method: &MethodDescription, scope: &Scope<'_>) -> Vec<Value> {
    if method.raw_request {
        return Vec::new();
    }
    if !method.examples.is_empty() {
        return method.examples.iter().take(3).cloned().collect();
    }
    vec![Maker { scope, left: VALUES }.value(&method.request, 0)]
}

struct Maker<'a, 'b> {
    scope: &'a Scope<'b>,
    left: usize,
}

impl<'b> Maker<'_, 'b> {
    fn value(&mut self, schema: &'b Value, level: usize) -> Value {
        let Some(left) = self.left.checked_sub(1).filter(|_| level < LEVELS) else { return Value::Null };
        self.left = left;
        let outer = schema.as_object().and_then(said);
        let Some(keywords) = self.scope.resolved(schema) else {
            return self.taken(outer.unwrap_or(&Value::Null));
        };
        if keywords.get("format").is_some_and(is_secret) {
            // Whatever the schema says: nothing that could be one.
            return json!("gAAAAA…");
        }
        if let Some(value) = outer.or_else(|| said(keywords)) {
            return self.taken(value);
        }
        let alternatives = keywords.get("oneOf").or_else(|| keywords.get("anyOf")).and_then(Value::as_array);
        if let Some(alternatives) = alternatives {
            let is_null = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("null");
            return alternatives
                .iter()
                .find(|schema| !is_null(schema))
                .map_or(Value::Null, |schema| self.value(schema, level + 1));
        }
        if let Some(all) = keywords.get("allOf").and_then(Value::as_array) {
            return self.all(all, level);
        }
        match type_name(keywords) {
            "object" => self.object(keywords, level),
            "array" => self.array(keywords, level),
            "integer" => integer(keywords),
            "number" => keywords.get("minimum").cloned().unwrap_or_else(|| json!(1.5)),
            "boolean" => json!(true),
            "string" => text(keywords),
            _ => Value::Null,
        }
    }

    /// A value that the schema names, where there is room for it: many references may lead to one that is large.
    fn taken(&mut self, value: &Value) -> Value {
        match json::one_line(value, self.left * CHARACTERS) {
            Some(text) => {
                self.left -= text.len() / CHARACTERS;
                value.clone()
            }
            None => Value::Null,
        }
    }

    /// The members of all.
    fn all(&mut self, schemas: &'b [Value], level: usize) -> Value {
        let mut members = Map::new();
        for schema in schemas {
            if let Value::Object(more) = self.value(schema, level + 1) {
                members.extend(more);
            }
        }
        members.into()
    }

    fn object(&mut self, keywords: &'b Map<String, Value>, level: usize) -> Value {
        let required = keywords.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
        let mut object = Map::new();
        for (name, member) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if self.left == 0 {
                break;
            }
            if level < 2 || is_required(name) {
                object.insert(name.clone(), self.value(member, level + 1));
            }
        }
        object.into()
    }

    fn array(&mut self, keywords: &'b Map<String, Value>, level: usize) -> Value {
        match keywords.get("items") {
            Some(Value::Array(items)) => {
                items.iter().take(20).map(|item| self.value(item, level + 1)).collect()
            }
            Some(items)
                if level < 2
                    || keywords.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0) =>
            {
                json!([self.value(items, level + 1)])
            }
            _ => json!([]),
        }
    }
}

/// The value that a schema names itself.
fn said(keywords: &Map<String, Value>) -> Option<&Value> {
    let first = |keyword| keywords.get(keyword).and_then(Value::as_array).and_then(|values| values.first());
    let said = first("examples").or_else(|| keywords.get("const")).or_else(|| first("enum"));
    said.or_else(|| keywords.get("default").filter(|default| !default.is_null()))
}

fn type_name(keywords: &Map<String, Value>) -> &str {
    match keywords.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("null")
        }
        _ if keywords.contains_key("properties") => "object",
        _ => "null",
    }
}

fn integer(keywords: &Map<String, Value>) -> Value {
    let (least, greatest) = integer_range(|keyword| keywords.get(keyword));
    let value = if least > greatest { least } else { 1.clamp(least, greatest) };
    i64::try_from(value)
        .map(Value::from)
        .or_else(|_| u64::try_from(value).map(Value::from))
        .unwrap_or_default()
}

fn text(keywords: &Map<String, Value>) -> Value {
    let of_format = match keywords.get("format").and_then(Value::as_str) {
        Some("uuid") => "6f1a8a3e-54c1-4d0c-9d0e-2b7a4f7c9a11",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("time") => "12:00:00Z",
        Some("email") => "someone@example.com",
        Some("uri") => "https://example.com/",
        _ => "text",
    };
    let length = |keyword, otherwise: usize| {
        let said = keywords.get(keyword).and_then(Value::as_u64);
        said.map_or(otherwise, |said| usize::try_from(said).unwrap_or(usize::MAX)).min(CHARACTERS)
    };
    let least = length("minLength", 0);
    let padded = of_format.chars().chain(std::iter::repeat_n('x', least.saturating_sub(of_format.len())));
    padded.take(length("maxLength", CHARACTERS)).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use amqp_rpc_contract::description::ServiceDescription;

    use super::*;
    use crate::schema::Names;

    fn example(schema: &Value, schemas: Value) -> Value {
        let mut service = ServiceDescription::new("a");
        service.schemas = serde_json::from_value(schemas).unwrap();
        Maker { scope: &Scope::of(&service, &mut Names::default()), left: VALUES }.value(schema, 0)
    }

    #[test]
    fn an_example_keeps_to_the_limits() {
        let schema = json!({ "type": "object", "properties": {
            "count": { "type": "integer", "minimum": 5, "maximum": 9 },
            "kind": { "enum": ["b", "a"] },
            "name": { "type": "string", "minLength": 6, "maxLength": 7 },
            "note": { "type": ["string", "null"], "maxLength": 2 },
            "unit": { "$ref": "#/components/schemas/Unit" },
            "tags": { "type": "array", "items": { "type": "boolean" } },
        } });
        let made = example(&schema, json!({ "Unit": { "oneOf": [{ "type": "null" }, { "const": "m" }] } }));
        assert_eq!(
            made,
            json!({ "count": 5, "kind": "b", "name": "textxx", "note": "te", "unit": "m", "tags": [true] })
        );
    }

    #[test]
    fn a_secret_is_never_an_example() {
        let secret =
            json!({ "type": "string", "format": "fernet", "default": "hunter2", "examples": ["hunter2"] });
        let made = example(&json!({ "properties": { "password": secret } }), json!({}));
        assert_eq!(made, json!({ "password": "gAAAAA…" }));
    }

    #[test]
    fn a_large_value_is_not_taken_many_times() {
        let members: Map<_, _> = (0..VALUES)
            .map(|number| (format!("m{number}"), json!({ "$ref": "#/components/schemas/Large" })))
            .collect();
        let large = json!({ "default": "x".repeat(CHARACTERS * VALUES / 2) });
        let made = example(&json!({ "properties": members }), json!({ "Large": large }));
        assert!(made.to_string().len() < 2 * CHARACTERS * VALUES, "{}", made.to_string().len());
        assert!(made["m0"].is_string(), "one of them has room");
    }

    #[test]
    fn schemas_that_lead_to_themselves_end() {
        let tree = json!({ "properties": {
            "left": { "$ref": "#/components/schemas/Tree" }, "right": { "$ref": "#/components/schemas/Tree" },
        }, "required": ["left", "right"] });
        let made = example(&json!({ "$ref": "#/components/schemas/Tree" }), json!({ "Tree": tree }));
        assert!(made.to_string().len() < 10_000, "{made}");
        let circle = json!({ "$ref": "#/components/schemas/A" });
        assert_eq!(example(&circle, json!({ "A": circle })), Value::Null);
    }
}
