//! Names for the variants of enums, which schemars leaves without: programs that generate types of a schema would
//! call them `Error1` and `Error2`.

use serde_json::{Map, Value};

/// Titles each variant of the enum `name` by that name and its own, such as `FibErrorTooLarge`, where it has no
/// title yet. Other schemas stay as they are.
pub(super) fn name_variants(name: &str, schema: &mut Value) {
    let Some(Value::Array(variants)) = schema.get_mut("oneOf") else { return };
    for variant in variants.iter_mut().filter_map(Value::as_object_mut) {
        if variant.contains_key("title") {
            continue;
        }
        if let Some(of_variant) = variant_name(variant).map(upper_camel_case) {
            variant.insert("title".to_owned(), format!("{name}{of_variant}").into());
        }
    }
}

/// The name on the wire of a variant with members: by its tag, or as that of its only member.
fn variant_name(variant: &Map<String, Value>) -> Option<&str> {
    let properties = variant.get("properties")?.as_object()?;
    let required: Vec<_> = variant.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let tag = required.iter().find_map(|name| properties.get(*name)?.get("const")?.as_str());
    let of_only_member = match (properties.len(), &required[..]) {
        (1, [name]) => Some(*name),
        _ => None,
    };
    tag.or(of_only_member)
}

/// `too_large`, `too-large` and `TOO_LARGE` as `TooLarge`; `TooLarge` stays.
fn upper_camel_case(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    let Some(first) = characters.next() else { return String::new() };
    let is_shouted = !word.contains(char::is_lowercase);
    let rest = characters.as_str();
    let rest = if is_shouted { rest.to_lowercase() } else { rest.to_owned() };
    first.to_uppercase().chain(rest.chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variants_are_named_by_their_member_or_their_tag() {
        let mut schema = json!({"oneOf": [
            {"type": "string", "const": "empty"},
            {"type": "object", "properties": {"TooLarge": {"type": "object"}}, "required": ["TooLarge"]},
            {"type": "object", "properties": {"kind": {"const": "not_found"}, "id": {}}, "required": ["kind", "id"]},
            {"type": "object", "title": "Mine", "properties": {"other": {}}, "required": ["other"]},
        ]});
        name_variants("FibError", &mut schema);
        let titles: Vec<_> =
            schema["oneOf"].as_array().unwrap().iter().map(|of| of["title"].clone()).collect();
        assert_eq!(json!(titles), json!([null, "FibErrorTooLarge", "FibErrorNotFound", "Mine"]));
    }

    #[test]
    fn names_of_every_case_become_names_of_types() {
        for name in ["too_large", "too-large", "TOO_LARGE", "TooLarge", "tooLarge"] {
            assert_eq!(upper_camel_case(name), "TooLarge", "{name}");
        }
    }

    #[test]
    fn other_schemas_stay_as_they_are() {
        for mut schema in [json!(true), json!({"type": "object", "properties": {"a": {}}, "required": ["a"]})]
        {
            let before = schema.clone();
            name_variants("Other", &mut schema);
            assert_eq!(schema, before);
        }
    }
}
