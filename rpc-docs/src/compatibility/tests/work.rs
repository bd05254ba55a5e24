//! Descriptions that would take long to compare, or be said at length.

use std::time::{Duration, Instant};

use serde_json::Map;

use super::*;

/// Far more than the work that is allowed takes, and far less than the square of what is compared here would.
const PATIENCE: Duration = Duration::from_secs(60);

/// The findings between two versions of the request, in time and of a bounded length.
fn in_time(old: &Value, new: &Value) -> Vec<Finding> {
    services_in_time(&[with_method(&json!({ "request": old }))], &[with_method(&json!({ "request": new }))])
}

fn services_in_time(old: &[ServiceDescription], new: &[ServiceDescription]) -> Vec<Finding> {
    let begun = Instant::now();
    let findings = compare(old, new).findings;
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    for finding in &findings {
        let said = finding.to_string();
        assert!(said.len() < 20_000, "{} bytes: {}", said.len(), said.chars().take(200).collect::<String>());
    }
    findings
}

/// `count` members, each with what `schema` says.
fn members(prefix: &str, count: usize, schema: impl Fn(usize) -> Value) -> Map<String, Value> {
    (0..count).map(|number| (format!("{prefix}{number}"), schema(number))).collect()
}

fn is_too_large(findings: &[Finding]) -> bool {
    findings.last().is_some_and(|finding| finding.rule == Rule::TooLarge)
}

/// The comparison of honest contracts ends before the budget does.
#[test]
fn ten_thousand_methods_of_ten_fields_are_compared() {
    let method = |number: usize| {
        let fields =
            members("field_", 10, |_| json!({ "type": "integer", "description": "A number.", "minimum": 0 }));
        json!({
            "name": format!("m{number}"), "full_name": format!("fib.m{number}"), "kind": "call", "exchange": "amqp-rpc",
            "routing_key": format!("fib.m{number}"), "queue": "fib", "request": { "type": "object", "properties": fields },
            "reply": { "type": "string" },
        })
    };
    let methods: Vec<Value> = (0..10_000).map(method).collect();
    let service: ServiceDescription =
        serde_json::from_value(json!({ "service": "fib", "methods": methods })).unwrap();
    assert_eq!(services_in_time(std::slice::from_ref(&service), std::slice::from_ref(&service)), []);
}

#[test]
fn many_listed_values() {
    let values = |prefix: &str| {
        let values: Vec<String> = (0..50_000).map(|number| format!("{prefix}{number}")).collect();
        json!({ "enum": values })
    };
    let rules: Vec<Rule> = in_time(&values("a"), &values("b")).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::ValueAdded, Rule::ValueRemoved]);
    assert_eq!(in_time(&values("a"), &values("a")), []);
    // The same list, below each of many names.
    let all = |prefix: &str| {
        let mut service = with_method(&json!({ "request": {
            "properties": members("field_", 5_000, |_| json!({
                "anyOf": [{ "$ref": "#/components/schemas/Listed" }, { "type": "null" }],
            })),
        }}));
        service.schemas.insert("Listed".to_owned(), values(prefix));
        service
    };
    assert!(is_too_large(&services_in_time(&[all("a")], &[all("b")])));
}

/// What is beside a union is cloned for each variant.
#[test]
fn many_variants_beside_many_members() {
    let union = json!({
        "properties": members("field_", 20_000, |_| json!({})),
        "anyOf": vec![json!({ "type": "object" }); 1_900],
    });
    assert!(is_too_large(&in_time(&union, &union)));
}

#[test]
fn many_variants_without_tags() {
    let union = |prefix: &str| {
        let variant = |number: usize| {
            let properties = members(&format!("{prefix}{number}_"), 20, |_| json!({}));
            json!({ "type": "object", "properties": properties })
        };
        json!({ "anyOf": (0..1_900).map(variant).collect::<Vec<_>>() })
    };
    assert!(is_too_large(&in_time(&union("a"), &union("b"))));
}

#[test]
fn many_new_members_in_place_of_many_old_ones() {
    let object = |prefix: &str| json!({ "properties": members(prefix, 50_000, |number| json!({ "x-aliases": [format!("c{number}")] })) });
    assert!(is_too_large(&in_time(&object("a"), &object("b"))));
    let aliases: Vec<String> = (0..50_000).map(|number| format!("c{number}")).collect();
    let renamed = json!({ "properties": { "b": { "x-aliases": aliases } } });
    let rules: Vec<Rule> = in_time(&json!({ "properties": { "c49999": {} } }), &renamed)
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, [Rule::FieldRenamedWithAlias]);
}

#[test]
fn long_names_below_each_other() {
    let nested = |kind: &str| {
        (0..30).fold(
            json!({ "type": kind }),
            |schema, _| json!({ "properties": { "ü".repeat(50_000): schema } }),
        )
    };
    let findings = in_time(&nested("string"), &nested("integer"));
    assert_eq!(only(&findings).rule, Rule::TypeChanged);
    assert!(only(&findings).path.ends_with('…'), "{}", only(&findings).path);
    let flat = |name: &str| json!({ "properties": { name.repeat(100_000): {} }, "required": [name.repeat(100_000)] });
    assert_eq!(in_time(&flat("a"), &flat("b")).len(), 2);
}

#[test]
fn long_constraints_in_many_places() {
    let service = |pattern: &str| {
        let field = json!({ "anyOf": [{ "$ref": "#/components/schemas/Text" }, { "type": "null" }] });
        let mut service =
            with_method(&json!({ "request": { "properties": members("field_", 9_000, |_| field.clone()) } }));
        let text = json!({ "type": "string", "pattern": pattern.repeat(200_000) });
        service.schemas.insert("Text".to_owned(), text);
        service
    };
    assert!(is_too_large(&services_in_time(&[service("a")], &[service("b")])));
}
