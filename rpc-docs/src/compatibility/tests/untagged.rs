//! Unions without tags, whose variants are told apart by their members.

use super::*;
use crate::asyncapi::{Info, asyncapi, read};

fn object(fields: &[&str]) -> Value {
    let properties: serde_json::Map<_, _> =
        fields.iter().map(|field| ((*field).to_owned(), json!({ "type": "number" }))).collect();
    json!({ "type": "object", "properties": properties, "required": fields })
}

/// A service whose reply is a union of these definitions.
fn shapes(service: &str, variants: &[(&str, Value)]) -> ServiceDescription {
    let references =
        variants.iter().map(|(name, _)| json!({ "$ref": format!("#/components/schemas/{name}") }));
    let mut shapes = with_method(&json!({ "reply": { "anyOf": references.collect::<Vec<_>>() } }));
    shapes.service = service.to_owned();
    shapes.methods[0].full_name = format!("{service}.compute");
    for (name, schema) in variants {
        let mut schema = schema.clone();
        schema["title"] = (*name).into();
        shapes.schemas.insert((*name).to_owned(), schema);
    }
    shapes
}

#[test]
fn a_variant_with_another_name_is_the_same() {
    let (circle, square) = (object(&["radius", "x"]), object(&["side", "x"]));
    let old = shapes("fib", &[("Circle", circle.clone()), ("Square", square.clone())]);
    let new = shapes("fib", &[("Quadrat", square), ("Kreis", circle)]);
    assert_eq!(compare(&[old], &[new]).findings, []);
}

/// Both have their own `Circle`, so the document calls each after its service.
#[test]
fn a_document_of_two_services_is_compatible_with_their_descriptions() {
    let of = |service: &str, radius: &str| {
        shapes(service, &[("Circle", object(&[radius, "x"])), ("Square", object(&["side", "x"]))])
    };
    let services = [of("one", "radius"), of("two", "diameter")];
    let document = asyncapi(&services, &Info::new("Shapes", "1.0.0"));
    let committed = read(&document).unwrap();
    assert!(committed[0].schemas.contains_key("OneCircle"), "{:?}", committed[0].schemas.keys());
    assert_eq!(compare(&committed, &services).findings, []);
}

#[test]
fn variants_that_changed_are_found_by_what_they_have_in_common() {
    let (circle, square) = (object(&["radius", "x", "y"]), object(&["side", "x", "y"]));
    let mut colored = circle.clone();
    colored["properties"]["color"] = json!({ "type": "string" });
    let old = shapes("fib", &[("Circle", circle), ("Square", square.clone())]);
    let new = shapes("fib", &[("Square", square), ("ColoredCircle", colored)]);
    let report = compare(&[old], &[new]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, finding.path.as_str()), (Rule::OptionalFieldAdded, "reply(Circle).color"));
}

#[test]
fn variants_with_nothing_in_common_are_others() {
    let old = shapes("fib", &[("A", object(&["a", "b"])), ("C", object(&["c", "d"]))]);
    let new = shapes("fib", &[("A", object(&["a", "b"])), ("C", object(&["e", "f"]))]);
    let rules: Vec<Rule> = compare(&[old], &[new]).findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::VariantRemoved, Rule::VariantAdded]);
}
