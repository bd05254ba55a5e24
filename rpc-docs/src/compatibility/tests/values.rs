//! Types, listed values, unions, limits and constraints.

use super::*;

#[test]
fn value_added() {
    let (old, new) = (json!({ "enum": ["a", "b"] }), json!({ "type": "string", "enum": ["a", "b", "c"] }));
    assert_schema_rule(Rule::ValueAdded, &old, &new);
    let documented = json!({ "oneOf": [{ "enum": ["a", "b"] }, { "const": "c", "description": "Now." }] });
    assert_schema_rule(Rule::ValueAdded, &old, &documented);
}

#[test]
fn value_removed() {
    assert_schema_rule(Rule::ValueRemoved, &json!({ "enum": ["a", "b"] }), &json!({ "enum": ["b"] }));
    assert_schema_rule(Rule::ValueRemoved, &json!({ "enum": ["a", "b"] }), &json!({ "const": "b" }));
}

#[test]
fn values_that_are_listed_in_place_of_a_type_narrow_it() {
    let (text, listed) = (json!({ "type": "string" }), json!({ "enum": ["a"] }));
    assert_schema_rule(Rule::TypeNarrowed, &text, &listed);
    assert_schema_rule(Rule::TypeWidened, &listed, &text);
}

fn circle() -> Value {
    json!({ "type": "object", "properties": { "kind": { "const": "circle" }, "r": { "type": "number" } } })
}

fn square() -> Value {
    json!({ "type": "object", "properties": { "kind": { "const": "square" }, "a": { "type": "number" } } })
}

#[test]
fn variant_added() {
    let triangle = json!({ "type": "object", "properties": { "kind": { "enum": ["triangle"] } } });
    let (old, new) =
        (json!({ "oneOf": [circle(), square()] }), json!({ "oneOf": [square(), triangle, circle()] }));
    assert_schema_rule(Rule::VariantAdded, &old, &new);
}

#[test]
fn variant_removed() {
    let of = |name: &str| json!({ "type": "object", "properties": { name: {} }, "required": [name] });
    let old = json!({ "oneOf": [of("Circle"), of("Square"), of("Triangle")] });
    assert_schema_rule(Rule::VariantRemoved, &old, &json!({ "oneOf": [of("Triangle"), of("Circle")] }));
}

#[test]
fn a_change_within_a_variant_names_it() {
    let mut larger = circle();
    larger["properties"]["r"]["minimum"] = json!(1);
    let of = |circle: Value| json!({ "reply": { "oneOf": [circle, square()] } });
    let findings = between(&of(circle()), &of(larger));
    assert_eq!(only(&findings).path, "reply(kind: \"circle\").r");
}

/// A part that all variants have, as of a flattened enum.
#[test]
fn what_is_beside_a_union_belongs_to_each_variant() {
    let of = |properties: Value| json!({ "type": "object", "properties": properties, "oneOf": [circle(), square()] });
    let [request, _] = in_both_directions(&of(json!({})), &of(json!({ "id": { "type": "integer" } })));
    assert_eq!(request, [(Rule::OptionalFieldAdded, "nobody"); 2]);
}

#[test]
fn type_changed() {
    assert_schema_rule(Rule::TypeChanged, &json!({ "type": "string" }), &json!({ "type": "integer" }));
    let (list, tuple) = (json!({ "items": {} }), json!({ "items": [{}] }));
    assert_schema_rule(Rule::TypeChanged, &list, &tuple);
}

#[test]
fn type_widened() {
    let integer = json!({ "type": "integer" });
    assert_schema_rule(Rule::TypeWidened, &integer, &json!({ "type": ["integer", "null"] }));
    assert_schema_rule(Rule::TypeWidened, &integer, &json!({ "type": "number" }));
    assert_schema_rule(Rule::TypeWidened, &integer, &json!({}));
    assert_schema_rule(Rule::TypeWidened, &integer, &json!({ "anyOf": [{ "type": "null" }, integer] }));
}

#[test]
fn type_narrowed() {
    let integer = json!({ "type": "integer" });
    assert_schema_rule(Rule::TypeNarrowed, &json!({ "type": ["integer", "null"] }), &integer);
    assert_schema_rule(Rule::TypeNarrowed, &json!({ "type": "number" }), &integer);
    assert_schema_rule(Rule::TypeNarrowed, &json!(true), &integer);
    assert_schema_rule(Rule::TypeNarrowed, &integer, &json!(false));
}

#[test]
fn limit_widened() {
    let of = |keywords: Value| {
        let mut schema = json!({ "type": "integer", "format": "uint32", "minimum": 0 });
        schema.as_object_mut().unwrap().extend(keywords.as_object().unwrap().clone());
        schema
    };
    assert_schema_rule(Rule::LimitWidened, &of(json!({ "maximum": 80 })), &of(json!({ "maximum": 90 })));
    assert_schema_rule(Rule::LimitWidened, &of(json!({ "minimum": 1 })), &of(json!({})));
    // `u32` becomes `u64`.
    assert_schema_rule(Rule::LimitWidened, &of(json!({})), &of(json!({ "format": "uint64" })));
    for (least, greatest) in
        [("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")]
    {
        let kind = match least {
            "minLength" => "string",
            "minItems" => "array",
            _ => "object",
        };
        assert_schema_rule(
            Rule::LimitWidened,
            &json!({ "type": kind, least: 2 }),
            &json!({ "type": kind, least: 1 }),
        );
        assert_schema_rule(
            Rule::LimitWidened,
            &json!({ "type": kind, greatest: 2 }),
            &json!({ "type": kind }),
        );
    }
}

#[test]
fn limit_narrowed() {
    let number = |keywords: Value| {
        let mut schema = json!({ "type": "number" });
        schema.as_object_mut().unwrap().extend(keywords.as_object().unwrap().clone());
        schema
    };
    assert_schema_rule(Rule::LimitNarrowed, &number(json!({})), &number(json!({ "maximum": 0.5 })));
    assert_schema_rule(
        Rule::LimitNarrowed,
        &number(json!({ "minimum": 1 })),
        &number(json!({ "exclusiveMinimum": 1 })),
    );
    assert_schema_rule(
        Rule::LimitNarrowed,
        &number(json!({ "maximum": 1 })),
        &number(json!({ "exclusiveMaximum": 1 })),
    );
    let text = |longest: u64| json!({ "type": ["string", "null"], "maxLength": longest });
    assert_schema_rule(Rule::LimitNarrowed, &text(64), &text(32));
}

#[test]
fn an_integer_that_becomes_a_number_keeps_its_limits() {
    let (integer, number) = (
        json!({ "type": "integer", "minimum": 0, "maximum": 9 }),
        json!({ "type": "number", "minimum": 0, "maximum": 9 }),
    );
    assert_schema_rule(Rule::TypeWidened, &integer, &number);
    assert_schema_rule(Rule::TypeNarrowed, &number, &integer);
}

#[test]
fn constraint_added() {
    assert_schema_rule(
        Rule::ConstraintAdded,
        &json!({ "type": "string" }),
        &json!({ "type": "string", "pattern": "^a" }),
    );
    let list = |is_unique: bool| json!({ "type": "array", "uniqueItems": is_unique });
    assert_schema_rule(Rule::ConstraintAdded, &list(false), &list(true));
}

#[test]
fn constraint_removed() {
    let (date, text) = (json!({ "type": "string", "format": "date-time" }), json!({ "type": "string" }));
    assert_schema_rule(Rule::ConstraintRemoved, &date, &text);
}

#[test]
fn constraint_changed() {
    let of = |divisor: u8| json!({ "type": "integer", "multipleOf": divisor });
    assert_schema_rule(Rule::ConstraintChanged, &of(2), &of(3));
}

#[test]
fn secret_changed() {
    let (clear, secret) = (json!({ "type": "string" }), json!({ "type": "string", "format": "fernet" }));
    assert_schema_rule(Rule::SecretChanged, &clear, &secret);
    assert_schema_rule(Rule::SecretChanged, &secret, &clear);
}

#[test]
fn what_only_describes_is_no_change() {
    let old = json!({ "title": "Old", "type": "string", "description": "Old.", "x-owner": "us" });
    let new =
        json!({ "title": "New", "type": "string", "default": "a", "examples": ["a"], "x-owner": "you" });
    assert_eq!(between(&json!({ "request": old }), &json!({ "request": new })), []);
    let renamed = |name: &str| {
        let mut service =
            with_method(&json!({ "reply": { "$ref": format!("#/components/schemas/{name}") } }));
        service.schemas.insert(name.to_owned(), json!({ "title": name, "type": "string" }));
        service
    };
    assert_eq!(compare(&[renamed("Old")], &[renamed("New")]).findings, []);
}
