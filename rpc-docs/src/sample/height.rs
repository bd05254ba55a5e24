//! How deep the smallest value of a schema is: which choice ends a recursion.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schema::target_of;

/// Definitions whose smallest value is deeper have none here: a value is made by recursion.
pub(super) const MAX_HEIGHT: u32 = 64;
/// Schemas that are nested deeper within one definition count as if nothing stood there.
const MAX_NESTING: usize = 128;

/// The heights of definitions. One without a height has no finite value.
#[derive(Clone, Debug)]
pub(super) struct Heights(BTreeMap<String, u32>);

impl Heights {
    /// Finds the heights round by round: in each those that follow from the ones before.
    pub(super) fn of(schemas: &BTreeMap<String, Value>) -> Self {
        let mut heights = Self(BTreeMap::new());
        for _ in 0..MAX_HEIGHT {
            let open = schemas.iter().filter(|(name, _)| !heights.0.contains_key(*name));
            let found: Vec<_> =
                open.filter_map(|(name, schema)| Some((name.clone(), heights.height(schema)?))).collect();
            if found.is_empty() {
                break;
            }
            heights.0.extend(found);
        }
        heights
    }

    /// The height of a schema; `None` if it has no finite value.
    pub(super) fn height(&self, schema: &Value) -> Option<u32> {
        self.within(schema, MAX_NESTING)
    }

    fn within(&self, schema: &Value, nesting: usize) -> Option<u32> {
        let (Value::Object(keywords), Some(nesting)) = (schema, nesting.checked_sub(1)) else {
            return (*schema != Value::Bool(false)).then_some(0);
        };
        if keywords.contains_key("const") || keywords.contains_key("enum") {
            return Some(0);
        }
        let mut height = 0;
        if let Some(Value::String(reference)) = keywords.get("$ref") {
            height = self.0.get(&target_of(reference)?)?.checked_add(1)?;
        }
        for part in list(keywords, "allOf") {
            height = height.max(self.within(part, nesting)?);
        }
        for choice in ["anyOf", "oneOf"].map(|keyword| list(keywords, keyword)) {
            if !choice.is_empty() {
                height = height.max(choice.iter().filter_map(|branch| self.within(branch, nesting)).min()?);
            }
        }
        let is_nullable = list(keywords, "type").iter().any(|one| one == "null");
        if !is_nullable {
            for part in parts(keywords) {
                height = height.max(self.within(part, nesting)?.checked_add(1)?);
            }
        }
        Some(height)
    }
}

/// The schemas of the values that every value has: of required members, and of as many elements as there must be.
fn parts(keywords: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let properties = keywords.get("properties").and_then(Value::as_object);
    let required = list(keywords, "required").iter().filter_map(Value::as_str);
    let members = required.filter_map(move |name| properties?.get(name));
    let least = keywords.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let elements: &[Value] = match keywords.get("items") {
        _ if least == 0 => &[],
        Some(Value::Array(tuple)) => &tuple[..tuple.len().min(usize::try_from(least).unwrap_or(usize::MAX))],
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    members.chain(elements)
}

/// The elements of a keyword that is a list; none where it is something else.
pub(super) fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    keywords.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heights(schemas: Value) -> Heights {
        Heights::of(&serde_json::from_value(schemas).unwrap())
    }

    fn to(name: &str) -> Value {
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    #[test]
    fn a_recursion_has_the_height_of_its_shortest_end() {
        let list = json!({ "oneOf": [
            { "type": "object", "properties": { "next": to("List") }, "required": ["next"] },
            { "type": "null" },
        ] });
        let holder =
            json!({ "properties": { "list": to("List"), "other": to("Holder") }, "required": ["list"] });
        let heights = heights(json!({ "List": list, "Holder": holder }));
        assert_eq!(heights.height(&to("List")), Some(1));
        assert_eq!(heights.height(&to("Holder")), Some(3));
    }

    #[test]
    fn what_never_ends_has_no_height() {
        let endless = json!({ "properties": { "next": to("Endless") }, "required": ["next"] });
        let several = json!({ "type": "array", "items": to("Several"), "minItems": 1 });
        let none_needed = json!({ "type": "array", "items": to("None") });
        let heights = heights(json!({
            "Endless": endless, "Several": several, "None": none_needed, "Missing": to("Nowhere"), "Never": false,
        }));
        for name in ["Endless", "Several", "Missing", "Never"] {
            assert_eq!(heights.height(&to(name)), None, "{name}");
        }
        assert_eq!(heights.height(&to("None")), Some(1));
        assert_eq!(heights.height(&json!({ "anyOf": [to("Endless"), { "type": "string" }] })), Some(0));
    }
}
