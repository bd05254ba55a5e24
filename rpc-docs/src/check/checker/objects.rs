//! The members of objects, and the items of lists.

use serde_json::{Map, Value};

use super::{
    super::{mismatch::Kind, path::Path},
    Checker,
};

pub(super) fn members(
    checker: &mut Checker<'_>,
    keywords: &Map<String, Value>,
    members: &Map<String, Value>,
    path: Path<'_>,
) {
    let empty = Map::new();
    let properties = keywords.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for required in keywords.get("required").and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = required.as_str() else { continue };
        let schema = properties.get(name).unwrap_or(&Value::Null);
        if !members.contains_key(name) && !aliases(schema).any(|alias| members.contains_key(alias)) {
            let expected = checker.expected(schema);
            checker.missing(Path::Member(&path, name), expected);
        }
    }
    count(checker, keywords, ("minProperties", "maxProperties", "members"), members.len(), path);
    for (name, value) in members {
        let path = Path::Member(&path, name);
        let schema = properties
            .get(name)
            .or_else(|| properties.values().find(|schema| aliases(schema).any(|alias| alias == name)));
        match (schema, keywords.get("additionalProperties")) {
            (Some(schema), _) => checker.value(schema, value, path),
            (None, Some(Value::Bool(false))) if !keywords.contains_key("patternProperties") => {
                let names: Vec<_> = properties.keys().take(10).map(String::as_str).collect();
                checker.mismatch(
                    path,
                    Kind::Other,
                    format!("no such member, but {}", names.join(", ")),
                    value,
                );
            }
            (None, Some(schema @ Value::Object(_))) if !keywords.contains_key("patternProperties") => {
                checker.value(schema, value, path);
            }
            (None, _) => {}
        }
    }
}

pub(super) fn items(
    checker: &mut Checker<'_>,
    keywords: &Map<String, Value>,
    items: &[Value],
    path: Path<'_>,
) {
    count(checker, keywords, ("minItems", "maxItems", "items"), items.len(), path);
    if keywords.get("uniqueItems") == Some(&Value::Bool(true))
        && let Some(again) = repeated(items)
    {
        checker.mismatch(Path::Item(&path, again), Kind::Limit, "no value twice", &items[again]);
    }
    for (index, item) in items.iter().enumerate() {
        let schema = match keywords.get("items") {
            Some(Value::Array(schemas)) => schemas.get(index).or(keywords.get("additionalItems")),
            schema => schema,
        };
        if let Some(schema) = schema {
            checker.value(schema, item, Path::Item(&path, index));
        }
    }
}

/// The other names by which a member is read.
fn aliases(schema: &Value) -> impl Iterator<Item = &str> {
    let aliases = schema.get("x-aliases").and_then(Value::as_array);
    aliases.into_iter().flatten().filter_map(Value::as_str)
}

fn count(
    checker: &mut Checker<'_>,
    keywords: &Map<String, Value>,
    (least, greatest, what): (&str, &str, &str),
    count: usize,
    path: Path<'_>,
) {
    let limit = |name: &str| keywords.get(name).and_then(Value::as_u64);
    let found = count as u64;
    let expected = match (limit(least), limit(greatest)) {
        (Some(least), _) if found < least => format!("{least} {what} at least"),
        (_, Some(greatest)) if found > greatest => format!("{greatest} {what} at most"),
        _ => return,
    };
    checker.mismatch(path, Kind::Limit, expected, &found.into());
}

/// The first item that is equal to one before it. Compared as texts, so that it takes no square of their number.
fn repeated(items: &[Value]) -> Option<usize> {
    let mut seen = std::collections::HashSet::new();
    items.iter().position(|item| !seen.insert(item.to_string()))
}
