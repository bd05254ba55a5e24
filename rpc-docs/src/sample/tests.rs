//! Values obey their schemas, as a validator of others says.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::Samples;
use crate::asyncapi::read;

const SEEDS: u64 = 60;

fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn samples(schemas: &Value) -> Samples {
    Samples::new(serde_json::from_value(schemas.clone()).unwrap())
}

fn validator(schema: &Value, schemas: &Value) -> Validator {
    let document = json!({ "allOf": [schema], "components": { "schemas": schemas } });
    jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true).build(&document).unwrap()
}

/// The values of many seeds, all of which are valid without that one was refused, and the template.
fn all_valid(schema: &Value, schemas: &Value) -> Vec<Value> {
    let (samples, validator) = (samples(schemas), validator(schema, schemas));
    let made = (0..SEEDS).map(|seed| samples.sample(schema, seed, |_| true).unwrap());
    let all: Vec<Value> = made.chain([samples.template(schema).unwrap()]).collect();
    for value in &all {
        assert!(validator.is_valid(value), "{value} does not obey {schema}");
    }
    all
}

#[test]
fn values_obey_each_keyword() {
    for schema in [
        json!(true),
        json!({}),
        json!({ "type": ["string", "null"] }),
        json!({ "type": "boolean" }),
        json!({ "const": { "a": [1] } }),
        json!({ "enum": ["red", "green", 3, null] }),
        json!({ "type": "integer", "minimum": 3, "exclusiveMaximum": 9, "multipleOf": 2 }),
        json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001 }),
        json!({ "type": "string", "minLength": 3, "maxLength": 4 }),
        json!({ "type": "string", "pattern": "^[A-Z]{2}[0-9]{2}(-[a-f]+)*$" }),
        json!({ "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 3 }),
        json!({ "type": "array", "items": { "enum": ["a", "b", "c"] }, "uniqueItems": true }),
        json!({ "type": "array", "items": [{ "type": "string" }, { "type": "integer" }], "minItems": 2,
            "maxItems": 2 }),
        json!({ "type": "array", "items": [{ "const": 1 }], "additionalItems": { "const": 2 }, "minItems": 3 }),
        json!({ "type": "object", "additionalProperties": { "type": "integer" }, "minProperties": 2 }),
        json!({ "type": "object", "patternProperties": { "^-?\\d+$": { "type": "string" } },
            "additionalProperties": false, "minProperties": 1 }),
        json!({ "type": "object", "additionalProperties": true,
            "propertyNames": { "enum": ["x", "y"] }, "minProperties": 2 }),
        json!({ "properties": { "a": { "type": "string" }, "b": { "type": "integer" } }, "required": ["a", "c"],
            "maxProperties": 2 }),
        json!({ "allOf": [{ "properties": { "a": { "minimum": 3 } }, "required": ["a"] },
            { "properties": { "a": { "type": "integer", "maximum": 5 } } }] }),
        // As serde tags enums, and flattens them.
        json!({ "type": "object", "properties": { "id": { "type": "integer" } }, "required": ["id"], "oneOf": [
            { "properties": { "kind": { "const": "circle" }, "radius": { "type": "number" } },
                "required": ["kind", "radius"] },
            { "properties": { "kind": { "const": "square" } }, "required": ["kind"] },
        ] }),
        json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }], "default": null }),
    ] {
        all_valid(&schema, &json!({}));
    }
}

#[test]
fn formats_are_those_that_a_validator_knows() {
    for format in [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "uuid",
        "json-pointer",
        "regex",
    ] {
        all_valid(&json!({ "type": "string", "format": format }), &json!({}));
    }
    for (format, least, greatest) in [("uint8", 0, 255), ("int8", -128, 127)] {
        for value in all_valid(&json!({ "type": "integer", "format": format }), &json!({})) {
            assert!((least..=greatest).contains(&value.as_i64().unwrap()), "{value}");
        }
    }
}

/// All messages of the service that uses every feature of descriptions.
#[test]
fn values_obey_the_schemas_of_a_committed_contract() {
    let document = include_str!("../../../tests/documents/everything/asyncapi.json");
    let services = read(&serde_json::from_str(document).unwrap()).unwrap();
    let mut checked = 0;
    for service in &services {
        let schemas = json!(service.schemas);
        for method in &service.methods {
            for schema in
                [Some(&method.request), method.reply.as_ref(), method.error.as_ref()].into_iter().flatten()
            {
                all_valid(schema, &schemas);
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn recursions_end() {
    let schemas = json!({
        "Tree": { "type": "object", "properties": {
            "name": { "type": "string" }, "children": { "type": "array", "items": to("Tree") },
            "parent": { "anyOf": [to("Tree"), { "type": "null" }] }, "next": to("Tree"),
        }, "required": ["name", "children", "parent"] },
        "Expression": { "oneOf": [
            { "properties": { "add": { "type": "array", "items": to("Expression"), "minItems": 2, "maxItems": 2 } },
                "required": ["add"], "additionalProperties": false, "type": "object" },
            { "type": "integer" },
        ] },
    });
    for name in ["Tree", "Expression"] {
        all_valid(&to(name), &schemas);
    }
    let template = samples(&schemas).template(&to("Tree")).unwrap();
    assert_eq!(template, json!({ "name": "text", "children": [], "parent": null }));
}

#[test]
fn a_schema_without_a_finite_value_is_an_error_that_names_the_part() {
    let schemas = json!({
        "Endless": { "type": "object", "properties": { "next": to("Endless") }, "required": ["next"] },
        "Doubling": { "type": "object", "properties": { "a": to("Doubling"), "b": to("Doubling") },
            "required": ["a", "b"] },
        "Circle": { "allOf": [to("Circle")] },
        "Holder": { "type": "object", "properties": { "user": { "type": "object", "properties": {
            "zip": { "type": "string", "minLength": 3, "maxLength": 2 } }, "required": ["zip"] } },
            "required": ["user"] },
    });
    let samples = samples(&schemas);
    for name in ["Endless", "Doubling", "Circle", "Missing"] {
        assert!(samples.template(&to(name)).is_err(), "{name}");
        assert!(samples.sample(&to(name), 1, |_| true).is_err(), "{name}");
    }
    let error = samples.template(&to("Holder")).unwrap_err();
    assert_eq!(error.path(), "user.zip");
    assert!(error.to_string().starts_with("user.zip: "), "{error}");
    for schema in [
        json!(false),
        json!({ "type": "array", "items": { "type": "null" }, "minItems": 1_000_000_000 }),
        json!({ "type": "object", "minProperties": 1_000_000_000 }),
        json!({ "enum": ["a"], "const": "b" }),
    ] {
        assert!(samples.template(&schema).is_err(), "{schema}");
    }
}

#[test]
fn a_deep_or_wide_value_is_bounded() {
    let mut schemas = json!({ "Level0": { "type": "string" } });
    for level in 1..40 {
        let below = to(&format!("Level{}", level - 1));
        let members = json!({ "type": "object", "properties": { "in": below, "beside": below } });
        schemas[format!("Level{level}")] = members;
    }
    for seed in 0..10 {
        let made = samples(&schemas).sample(&to("Level39"), seed, |_| true).unwrap();
        assert!(made.to_string().len() < 100_000);
    }
    // All of its members are required: there is no smaller value.
    for level in 1..40 {
        schemas[format!("Level{level}")]["required"] = json!(["in", "beside"]);
    }
    let error = samples(&schemas).template(&to("Level39")).unwrap_err();
    assert!(error.to_string().contains("too many parts"), "{error}");
    assert!(samples(&schemas).template(&to("Level5")).is_ok());
}

#[test]
fn a_template_has_all_members_and_what_the_contract_says_of_them() {
    let schema = json!({ "type": "object", "properties": {
        "article": { "enum": ["apple", "bread"] },
        "quantity": { "type": "integer", "minimum": 1, "default": 5 },
        "note": { "anyOf": [{ "type": "null" }, { "type": "string", "examples": ["ring twice"] }], "default": null },
        "tags": { "type": "array", "items": { "type": "string" } },
        "prices": { "type": "object", "additionalProperties": { "type": "number" } },
    }, "required": ["article"] });
    let expected = json!({
        "article": "apple", "quantity": 5, "note": "ring twice", "tags": ["text"], "prices": { "key1": 0.0 },
    });
    assert_eq!(samples(&json!({})).template(&schema), Ok(expected));
}

#[test]
fn values_are_those_of_the_seed_and_differ_between_seeds() {
    let schema = json!({ "type": "object", "properties": {
        "id": { "type": "string", "format": "uuid" }, "n": { "type": "integer" },
    }, "required": ["id", "n"] });
    let all = all_valid(&schema, &json!({}));
    assert_eq!(all, all_valid(&schema, &json!({})));
    let different: std::collections::BTreeSet<String> = all.iter().map(Value::to_string).collect();
    assert!(different.len() > 50, "{}", different.len());
}

#[test]
fn examples_come_first_unless_they_are_refused() {
    let schema = json!({ "type": "integer", "examples": ["wrong", 42] });
    let samples = samples(&json!({}));
    let first = samples.sample(&schema, 1, |_| true).unwrap();
    assert!([json!("wrong"), json!(42)].contains(&first), "{first}");
    for seed in 0..20 {
        assert!(samples.sample(&schema, seed, Value::is_i64).is_ok());
    }
    assert!(samples.sample(&schema, 1, |_| false).unwrap_err().to_string().contains("obeys"));
}
