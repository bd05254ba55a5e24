//! Bodies that fit and that do not, with the text that a person reads.

use std::collections::BTreeMap;

use jsonschema::Draft;
use serde_json::{Value, json};

use super::checker::check;
use crate::{asyncapi::read, sample::Samples};

fn texts(schema: &Value, body: &Value) -> Vec<String> {
    let schemas = BTreeMap::from([
        ("Article".to_owned(), json!({"type": "string", "enum": ["apple", "bread"]})),
        (
            "Tree".to_owned(),
            json!({"type": "object", "properties": {
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
            }}),
        ),
        ("Circle".to_owned(), json!({"$ref": "#/components/schemas/Circle"})),
    ]);
    check(schema, body, &schemas).iter().map(ToString::to_string).collect()
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "article": {"$ref": "#/components/schemas/Article"},
            "quantity": {"type": "integer", "format": "uint32", "minimum": 1, "maximum": 100},
            "note": {"type": ["string", "null"], "maxLength": 5},
            "tags": {"type": "array", "maxItems": 2, "uniqueItems": true, "items": {"type": "string"}},
        },
        "required": ["article", "quantity"],
    })
}

#[test]
fn a_body_that_fits_has_no_mismatch() {
    for body in [
        json!({"article": "apple", "quantity": 1}),
        json!({"article": "bread", "quantity": 100, "note": null, "tags": ["a", "b"], "unknown": 1}),
    ] {
        assert_eq!(texts(&order(), &body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_field_is_named_and_what_belongs_there() {
    for (body, expected) in [
        (json!({"quantity": 1}), r#"article: missing, expected one of "apple", "bread""#),
        (
            json!({"article": "pear", "quantity": 1}),
            r#"article: expected one of "apple", "bread", found "pear""#,
        ),
        (json!({"article": "apple"}), "quantity: missing, expected an integer"),
        (json!({"article": "apple", "quantity": "1"}), r#"quantity: expected an integer, found "1""#),
        (json!({"article": "apple", "quantity": 1.5}), "quantity: expected an integer, found 1.5"),
        (json!({"article": "apple", "quantity": 0}), "quantity: expected 1 at least, found 0"),
        (json!({"article": "apple", "quantity": 101}), "quantity: expected 100 at most, found 101"),
        (
            json!({"article": "apple", "quantity": 1, "note": "abcdef"}),
            r#"note: expected 5 characters at most, found "abcdef""#,
        ),
        (json!({"article": "apple", "quantity": 1, "note": 1}), "note: expected a text or null, found 1"),
        (json!({"article": "apple", "quantity": 1, "tags": ["a", 2]}), "tags[1]: expected a text, found 2"),
        (
            json!({"article": "apple", "quantity": 1, "tags": ["a", "a"]}),
            r#"tags[1]: expected no value twice, found "a""#,
        ),
        (
            json!({"article": "apple", "quantity": 1, "tags": ["a", "b", "c"]}),
            "tags: expected 2 items at most, found 3",
        ),
        (json!([1]), "the body: expected an object, found a list of 1"),
    ] {
        assert_eq!(texts(&order(), &body), [expected], "{body}");
    }
}

#[test]
fn members_that_are_forbidden_are_named_with_those_that_are_allowed() {
    let schema = json!({"type": "object", "properties": {"a": true}, "additionalProperties": false});
    assert_eq!(texts(&schema, &json!({"a": 1, "b": 2})), ["b: expected no such member, but a, found 2"]);
    let map = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    assert_eq!(texts(&map, &json!({"b": "x"})), [r#"b: expected an integer, found "x""#]);
}

#[test]
fn the_variant_that_was_meant_says_what_is_wrong() {
    let shape = json!({"oneOf": [
        {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
         "required": ["kind", "radius"]},
        {"type": "object", "properties": {"kind": {"const": "square"}, "side": {"type": "number"}},
         "required": ["kind", "side"]},
        {"const": "point"},
    ]});
    assert!(texts(&shape, &json!({"kind": "square", "side": 2})).is_empty());
    assert!(texts(&shape, &json!("point")).is_empty());
    assert_eq!(
        texts(&shape, &json!({"kind": "circle", "radius": "x"})),
        [r#"radius: expected a number, found "x""#]
    );
    assert_eq!(
        texts(&shape, &json!("line")),
        [
            r#"the body: expected an object with kind "circle" or an object with kind "square" or "point", found "line""#
        ]
    );
}

#[test]
fn an_optional_type_says_both() {
    let schema = json!({"anyOf": [{"$ref": "#/components/schemas/Article"}, {"type": "null"}]});
    assert!(texts(&schema, &json!(null)).is_empty());
    assert_eq!(texts(&schema, &json!(7)), [r#"the body: expected one of "apple", "bread" or null, found 7"#]);
}

#[test]
fn an_alias_stands_for_its_member() {
    let schema = json!({
        "type": "object",
        "properties": {"index": {"type": "integer", "x-aliases": ["n"]}},
        "required": ["index"],
    });
    assert!(texts(&schema, &json!({"n": 1})).is_empty());
    assert_eq!(texts(&schema, &json!({"n": "x"})), [r#"n: expected an integer, found "x""#]);
}

#[test]
fn patterns_and_numbers_have_limits() {
    let pattern = json!({"type": "string", "pattern": "^[a-z]+$", "minLength": 1});
    assert!(texts(&pattern, &json!("abc")).is_empty());
    assert_eq!(
        texts(&pattern, &json!("a1")),
        [r#"the body: expected a text that matches ^[a-z]+$, found "a1""#]
    );
    assert!(texts(&json!({"pattern": "(?=x)"}), &json!("a")).is_empty());
    let number = json!({"type": "number", "exclusiveMinimum": 0.5, "maximum": 2.5});
    assert!(texts(&number, &json!(2.5)).is_empty());
    assert_eq!(texts(&number, &json!(0.5)), ["the body: expected more than 0.5, found 0.5"]);
    assert_eq!(texts(&json!({"multipleOf": 5}), &json!(7)), ["the body: expected a multiple of 5, found 7"]);
    let byte = json!({"type": "integer", "format": "int8"});
    assert_eq!(texts(&byte, &json!(-129)), ["the body: expected -128 at least, found -129"]);
}

#[test]
fn recursive_schemas_and_circles_end() {
    let tree = json!({"$ref": "#/components/schemas/Tree"});
    assert!(texts(&tree, &json!({"children": [{"children": []}]})).is_empty());
    assert_eq!(
        texts(&tree, &json!({"children": [{"children": [7]}]})),
        ["children[0].children[0]: expected an object, found 7"]
    );
    assert!(texts(&json!({"$ref": "#/components/schemas/Circle"}), &json!(1)).is_empty());
    assert!(texts(&json!({"$ref": "#/nowhere"}), &json!(1)).is_empty());
}

#[test]
fn work_and_mismatches_are_bounded() {
    let mut schema = json!({"type": "string"});
    // Each level doubles the work: 2^40 comparisons without a bound.
    for _ in 0..40 {
        schema = json!({"allOf": [schema.clone(), schema]});
        if schema.to_string().len() > 1_000_000 {
            break;
        }
    }
    assert!(texts(&schema, &json!(1)).len() <= 100);
    let list = json!({"type": "array", "items": {"type": "string"}});
    assert_eq!(texts(&list, &Value::from(vec![1; 1000])).len(), 100);
}

#[test]
fn long_values_are_shortened() {
    let text = texts(&json!({"type": "integer"}), &json!("x".repeat(100))).remove(0);
    assert!(text.len() < 120, "{text}");
}

/// The same with each member of an object taken out, or replaced by something else.
fn changed(body: &Value) -> Vec<Value> {
    let Value::Object(members) = body else { return vec![json!({}), json!("x"), json!(7), json!(null)] };
    let mut bodies = Vec::new();
    for name in members.keys() {
        let mut without = members.clone();
        without.remove(name);
        bodies.push(Value::Object(without));
        for other in [json!(null), json!("x"), json!(-7), json!([1]), json!({"a": {}}), json!(true)] {
            let mut replaced = members.clone();
            replaced.insert(name.clone(), other);
            bodies.push(Value::Object(replaced));
        }
    }
    bodies
}

/// Of the service that uses every feature of descriptions.
#[test]
fn what_is_found_is_wrong_to_a_validator_of_others_and_what_that_takes_is_taken() {
    let document = include_str!("../../../tests/documents/everything/asyncapi.json");
    let services = read(&serde_json::from_str(document).unwrap()).unwrap();
    let mut found = 0;
    for service in &services {
        let samples = Samples::new(service.schemas.clone());
        for method in &service.methods {
            let root = json!({ "allOf": [&method.request], "components": { "schemas": &service.schemas } });
            let validator = jsonschema::options().with_draft(Draft::Draft7).build(&root).unwrap();
            for seed in 0..20 {
                let body = samples.sample(&method.request, seed, |_| true).unwrap();
                for body in changed(&body).into_iter().chain([body]) {
                    let mismatches = check(&method.request, &body, &service.schemas);
                    assert!(
                        mismatches.is_empty() || !validator.is_valid(&body),
                        "{}: {body} is valid, and not {mismatches:?}",
                        method.full_name
                    );
                    found += mismatches.len();
                }
            }
        }
    }
    assert!(found > 100, "{found}");
}
