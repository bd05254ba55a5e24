//! The schemas within a schema.

use serde_json::{Map, Value};

/// Schemas that are nested deeper are left alone: documents that were read may be hostile, and a type has no such
/// schema.
const MAX_DEPTH: usize = 128;

/// Keywords whose value is a schema.
const ONE: [&str; 9] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
];

/// Keywords whose value is a list of schemas. `items` is one as well, of a tuple.
const LISTS: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];

/// Keywords whose value is an object of schemas. What `enum`, `const`, `default` and `examples` hold is data, even
/// where it looks like a schema.
const MAPS: [&str; 4] = ["$defs", "definitions", "patternProperties", "properties"];

/// Calls `visitor` with the schema and with those in it, outer ones first. References are not followed.
pub(crate) fn visit<'a>(schema: &'a Value, visitor: &mut impl FnMut(&'a Map<String, Value>)) {
    visit_within(schema, visitor, MAX_DEPTH);
}

/// The same with schemas that may be changed.
pub(crate) fn visit_mut(schema: &mut Value, visitor: &mut impl FnMut(&mut Map<String, Value>)) {
    visit_mut_within(schema, visitor, MAX_DEPTH);
}

fn visit_within<'a>(schema: &'a Value, visitor: &mut impl FnMut(&'a Map<String, Value>), depth: usize) {
    let (Value::Object(keywords), Some(depth)) = (schema, depth.checked_sub(1)) else { return };
    visitor(keywords);
    for (keyword, value) in keywords {
        let keyword = keyword.as_str();
        match value {
            Value::Object(schemas) if MAPS.contains(&keyword) => {
                schemas.values().for_each(|schema| visit_within(schema, visitor, depth));
            }
            Value::Array(schemas) if LISTS.contains(&keyword) => {
                schemas.iter().for_each(|schema| visit_within(schema, visitor, depth));
            }
            schema if ONE.contains(&keyword) => visit_within(schema, visitor, depth),
            _ => {}
        }
    }
}

fn visit_mut_within(schema: &mut Value, visitor: &mut impl FnMut(&mut Map<String, Value>), depth: usize) {
    let (Value::Object(keywords), Some(depth)) = (schema, depth.checked_sub(1)) else { return };
    visitor(keywords);
    for (keyword, value) in keywords {
        let keyword = keyword.as_str();
        match value {
            Value::Object(schemas) if MAPS.contains(&keyword) => {
                schemas.values_mut().for_each(|schema| visit_mut_within(schema, visitor, depth));
            }
            Value::Array(schemas) if LISTS.contains(&keyword) => {
                schemas.iter_mut().for_each(|schema| visit_mut_within(schema, visitor, depth));
            }
            schema if ONE.contains(&keyword) => visit_mut_within(schema, visitor, depth),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_visited_and_data_is_not() {
        let mut schema = json!({
            "title": "outer",
            "properties": { "title": { "title": "property" }, "enum": { "title": "a property called enum" } },
            "items": [{ "title": "of a tuple" }],
            "anyOf": [{ "additionalProperties": { "title": "of a map" } }],
            "default": { "title": "data" },
            "enum": [{ "title": "data" }],
        });
        let mut seen = Vec::new();
        visit(&schema, &mut |keywords| {
            seen.extend(keywords.get("title").and_then(Value::as_str).map(str::to_owned));
        });
        let mut seen_mut = Vec::new();
        visit_mut(&mut schema, &mut |keywords| {
            seen_mut.extend(keywords.get("title").and_then(Value::as_str).map(str::to_owned));
        });
        assert_eq!(seen, seen_mut);
        seen.sort();
        assert_eq!(seen, ["a property called enum", "of a map", "of a tuple", "outer", "property"]);
    }

    #[test]
    fn a_schema_that_is_nested_too_deep_is_visited_to_a_limit() {
        let mut schema = json!({});
        for _ in 0..1_000 {
            schema = json!({ "items": schema });
        }
        let mut count = 0;
        visit(&schema, &mut |_| count += 1);
        assert_eq!(count, MAX_DEPTH);
    }
}
