//! Schemas that lead to themselves, and those that nobody means well with.

use std::collections::BTreeMap;

use super::*;

fn service(reply: Value, schemas: BTreeMap<String, Value>) -> ServiceDescription {
    let mut service = with_method(&json!({ "reply": reply }));
    service.schemas = schemas;
    service
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn tree(value: &str) -> ServiceDescription {
    let node = json!({
        "type": "object",
        "properties": { "value": { "type": value }, "children": { "type": "array", "items": reference("Tree") } },
    });
    service(reference("Tree"), BTreeMap::from([("Tree".to_owned(), node)]))
}

#[test]
fn a_type_that_holds_itself_is_compared_once() {
    assert_eq!(compare(&[tree("string")], &[tree("string")]).findings, []);
    let report = compare(&[tree("string")], &[tree("integer")]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, finding.path.as_str()), (Rule::TypeChanged, "reply.value"));
}

/// The same lists, of which the new one is written with two definitions in place of one.
#[test]
fn types_that_hold_themselves_in_different_ways_are_compared_to_an_end() {
    let node = |next: &str| json!({ "type": "object", "properties": { "next": reference(next) } });
    let one = service(reference("A"), BTreeMap::from([("A".to_owned(), node("A"))]));
    let two =
        service(reference("A"), BTreeMap::from([("A".to_owned(), node("B")), ("B".to_owned(), node("A"))]));
    assert_eq!(compare(&[one], &[two]).findings, []);
}

#[test]
fn unreadable_schema() {
    for schema in [
        json!(7),
        json!("string"),
        json!({ "type": "strange" }),
        json!({ "type": 7 }),
        reference("Missing"),
        json!({ "$ref": 7 }),
        json!({ "$ref": "#" }),
    ] {
        assert_schema_rule(Rule::UnreadableSchema, &json!({}), &schema);
        assert_schema_rule(Rule::UnreadableSchema, &schema, &json!({}));
        // It may mean something else in each.
        assert_schema_rule(Rule::UnreadableSchema, &schema, &schema);
    }
}

#[test]
fn a_definition_that_is_defined_as_itself_is_reported() {
    let circle = BTreeMap::from([
        ("A".to_owned(), json!({ "anyOf": [reference("B"), { "type": "null" }] })),
        ("B".to_owned(), json!({ "allOf": [reference("A")] })),
    ]);
    let report = compare(&[service(reference("A"), circle.clone())], &[service(reference("A"), circle)]);
    assert_eq!(only(&report.findings).rule, Rule::UnreadableSchema);
}

#[test]
fn schemas_that_lead_too_deep_are_reported() {
    let chain = || {
        let link = |number: usize| json!({ "type": "array", "items": reference(&(number + 1).to_string()) });
        let links = (0..10_000).map(|number| (number.to_string(), link(number)));
        service(reference("0"), links.collect())
    };
    let report = compare(&[chain()], &[chain()]);
    assert_eq!(only(&report.findings).rule, Rule::UnreadableSchema);

    let nested = |depth: usize| {
        let all_of = |schema: Value, _: usize| json!({ "allOf": [schema] });
        (0..depth).fold(json!({ "type": "string" }), all_of)
    };
    let report = compare(&[service(nested(500), BTreeMap::new())], &[service(nested(500), BTreeMap::new())]);
    assert_eq!(only(&report.findings).rule, Rule::UnreadableSchema);
}

/// Each definition has twice as many alternatives as the one before.
#[test]
fn alternatives_that_multiply_are_reported() {
    let doubled = || {
        let double = |number: usize| {
            let next = reference(&(number + 1).to_string());
            json!({ "anyOf": [next, next] })
        };
        let mut schemas: BTreeMap<String, Value> =
            (0..60).map(|number| (number.to_string(), double(number))).collect();
        schemas.insert("60".to_owned(), json!({ "type": "string" }));
        service(reference("0"), schemas)
    };
    let report = compare(&[doubled()], &[doubled()]);
    assert_eq!(only(&report.findings).rule, Rule::UnreadableSchema);
}

#[test]
fn too_large() {
    let of = |kind: &str| {
        let fields = (0..20_000).map(|number| (format!("field_{number}"), json!({ "type": kind })));
        with_method(&json!({ "request": { "properties": fields.collect::<serde_json::Map<_, _>>() } }))
    };
    let report = compare(&[of("string")], &[of("integer")]);
    let last = report.findings.last().unwrap();
    assert_eq!((last.rule, broken(last)), (Rule::TooLarge, "both"));
    assert_eq!([broken(last), broken(last)].as_slice(), page::row(Rule::TooLarge));
    assert!(report.findings.len() <= 10_001, "{}", report.findings.len());
}
