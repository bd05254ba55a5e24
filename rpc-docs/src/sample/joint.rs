//! Schemas that all hold for one value, and what they say together.

use serde_json::{Map, Value};

use super::height::list;

/// The keywords that all hold for one value. References are followed, and branches are chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Joint<'s> {
    pub(super) schemas: Vec<&'s Map<String, Value>>,
}

/// The kinds of JSON values, as `type` names them.
const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];

/// Keywords that say something about values of one type: what a schema without `type` means.
const IMPLIED: [(&str, &[&str]); 4] = [
    ("object", &["properties", "required", "additionalProperties", "patternProperties", "minProperties"]),
    ("array", &["items", "minItems", "uniqueItems", "contains"]),
    ("string", &["pattern", "minLength", "maxLength", "format"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
];

impl<'s> Joint<'s> {
    /// All that is said of a keyword.
    pub(super) fn all<'j>(&'j self, keyword: &'j str) -> impl Iterator<Item = &'s Value> + 'j {
        self.schemas.iter().filter_map(move |schema| schema.get(keyword))
    }

    /// All elements of the lists that a keyword has.
    pub(super) fn elements<'j>(&'j self, keyword: &'j str) -> impl Iterator<Item = &'s Value> + 'j {
        self.schemas.iter().flat_map(move |schema| list(schema, keyword))
    }

    /// The largest of the numbers that a keyword has; `None` if nothing says it.
    pub(super) fn greatest(&self, keyword: &str) -> Option<usize> {
        self.sizes(keyword).max()
    }

    /// The smallest of them.
    pub(super) fn least(&self, keyword: &str) -> Option<usize> {
        self.sizes(keyword).min()
    }

    fn sizes<'j>(&'j self, keyword: &'j str) -> impl Iterator<Item = usize> + 'j {
        self.all(keyword).filter_map(Value::as_u64).map(|size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// The values that `const` and `enum` leave; `None` if neither is said.
    pub(super) fn listed(&self) -> Option<Vec<&'s Value>> {
        let lists = self.schemas.iter().flat_map(|schema| {
            let one = schema.get("const").map(std::slice::from_ref);
            let several = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
            one.into_iter().chain(several)
        });
        let mut lists = lists.collect::<Vec<_>>().into_iter();
        let mut left: Vec<&Value> = lists.next()?.iter().collect();
        lists.for_each(|list| left.retain(|value| list.contains(value)));
        Some(left)
    }

    /// The types that all allow, in an order that prefers values with something in them. Where no schema says a type,
    /// that which their other keywords are about; none if they are about nothing.
    pub(super) fn types(&self) -> Vec<&'static str> {
        let mut types = TYPES.to_vec();
        let mut is_said = false;
        for said in self.all("type") {
            is_said = true;
            let allows = |name: &str| match said {
                Value::Array(several) => several.iter().any(|one| one == name),
                one => one == name,
            };
            types.retain(|name| allows(name) || (*name == "integer" && allows("number")));
        }
        if is_said {
            // An integer is a number: where both are left, the number was meant.
            let has_number = types.contains(&"number");
            types.retain(|name| *name != "integer" || !has_number);
            return types;
        }
        let implied = IMPLIED.iter().filter(|(_, keywords)| {
            self.schemas.iter().any(|schema| keywords.iter().any(|keyword| schema.contains_key(*keyword)))
        });
        implied.map(|(name, _)| *name).take(1).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn types(schemas: &[Value]) -> Vec<&'static str> {
        Joint { schemas: schemas.iter().map(|schema| schema.as_object().unwrap()).collect() }.types()
    }

    #[test]
    fn the_types_are_those_that_all_schemas_allow() {
        assert_eq!(types(&[json!({ "type": ["string", "null"] }), json!({ "type": "string" })]), ["string"]);
        assert_eq!(types(&[json!({ "type": "number" }), json!({ "type": "integer" })]), ["integer"]);
        assert_eq!(types(&[json!({ "type": "number" })]), ["number"]);
        assert_eq!(types(&[json!({ "type": "string" }), json!({ "type": "null" })]), [""; 0]);
        assert_eq!(types(&[json!({ "minLength": 1 })]), ["string"]);
        assert_eq!(types(&[json!({ "title": "Anything" })]), [""; 0]);
    }

    #[test]
    fn the_listed_values_are_those_of_all_lists() {
        let schemas =
            [json!({ "enum": ["a", "b", "c"] }), json!({ "enum": ["c", "b"] }), json!({ "const": "b" })];
        let joint =
            |count| Joint { schemas: schemas[..count].iter().map(|one| one.as_object().unwrap()).collect() };
        assert_eq!(joint(0).listed(), None);
        assert_eq!(joint(2).listed(), Some(vec![&json!("b"), &json!("c")]));
        assert_eq!(joint(3).listed(), Some(vec![&json!("b")]));
    }
}
