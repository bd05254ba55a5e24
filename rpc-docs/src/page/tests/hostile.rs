//! Descriptions that somebody made to break the page, or its reader.

use std::time::{Duration, Instant};

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Value, json};

use super::{html, page, service};
use crate::{asyncapi::Info, page::limits};

const MARKUP: &str = "</script></style></textarea>\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

fn method(name: &str, more: Value) -> Value {
    let mut method = json!({
        "name": name, "full_name": format!("a.{name}"), "kind": "call", "exchange": "", "routing_key": name,
    });
    method.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    method
}

/// The page of a service with this method and these schemas, and how long it took.
fn timed(service: ServiceDescription) -> String {
    let begun = Instant::now();
    let page = page(service);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(page.ends_with("</html>\n"));
    assert!(page.len() < 3 * limits::PAGE, "{} bytes", page.len());
    page
}

#[test]
fn markup_in_every_text_is_text() {
    let schema = json!({
        "title": MARKUP, "description": MARKUP, "format": MARKUP, "type": "string", "pattern": MARKUP,
        "default": MARKUP, "properties": { MARKUP: { "enum": [MARKUP], "description": MARKUP } },
        "required": [MARKUP],
    });
    let page = html(
        &[service(json!({
            "service": MARKUP, "version": MARKUP, "docs": format!("{MARKUP}\n\n* {MARKUP}\n\n```\n{MARKUP}\n```"),
            "deprecated": { "since": MARKUP, "note": MARKUP },
            "methods": [{
                "name": MARKUP, "full_name": MARKUP, "kind": "call", "exchange": MARKUP, "routing_key": MARKUP,
                "queue": MARKUP, "docs": MARKUP, "deprecated": { "since": MARKUP, "note": MARKUP },
                "lock": { "name": MARKUP, "key": MARKUP, "scope": "cluster" }, "parameters": [MARKUP],
                "request": schema, "reply": { "anyOf": [schema, { "const": MARKUP }] },
                "error": { "$ref": format!("#/components/schemas/{MARKUP}") }, "examples": [MARKUP],
            }],
            "schemas": { MARKUP: schema },
        }))],
        &Info::new(MARKUP, MARKUP).description(MARKUP),
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert_eq!(page.matches("</style").count(), 1);
    assert!(!page.contains("<img") && !page.contains("</textarea"));
    // Every text is there, escaped; none has ended the attribute that it stands in.
    assert!(page.matches("&lt;/script&gt;").count() > 20);
    for tag in page.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag)) {
        let quotes = tag.matches('"').count();
        assert!(quotes % 2 == 0 || tag.starts_with("script") || tag.starts_with("style"), "{tag}");
    }
}

#[test]
fn links_of_a_documentation_lead_nowhere() {
    let page =
        timed(service(json!({ "service": "a", "docs": "[x](javascript:alert(1)) <javascript:alert(1)>" })));
    assert!(!page.contains("href=\"javascript"));
}

#[test]
fn references_that_lead_to_themselves_end() {
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let tree =
        json!({ "properties": { "left": to("Tree"), "right": to("Tree") }, "required": ["left", "right"] });
    let page = timed(service(json!({
        "service": "a",
        "methods": [
            method("circle", json!({ "request": to("A"), "reply": { "allOf": [to("B")] }, "error": to("Missing") })),
            method("tree", json!({ "request": to("Tree") })),
        ],
        "schemas": { "A": to("B"), "B": to("A"), "C": { "allOf": [to("C")] }, "Tree": tree },
    })));
    assert!(page.contains("<code>left</code>"));
}

#[test]
fn deep_schemas_and_bodies_are_cut() {
    let deep = |wrap: fn(Value) -> Value| (0..400).fold(json!({}), |inner, _| wrap(inner));
    timed(service(json!({ "service": "a", "methods": [
        method("objects", json!({ "request": deep(|inner| json!({ "properties": { "a": inner }, "required": ["a"] })) })),
        method("lists", json!({ "request": deep(|inner| json!({ "type": "array", "items": inner, "minItems": 1 })) })),
        method("choices", json!({ "request": deep(|inner| json!({ "anyOf": [inner.clone(), { "type": "null" }] })) })),
        method("all", json!({ "request": deep(|inner| json!({ "allOf": [inner, {}] })) })),
        method("example", json!({ "examples": [deep(|inner| json!([inner]))] })),
    ] })));
}

/// Doubling at each level: a table and an example that followed all of it would never end.
#[test]
fn schemas_that_grow_with_their_depth_are_cut() {
    let to = |level: usize| json!({ "$ref": format!("#/components/schemas/L{level}") });
    let schemas = (0..60).map(|level| {
        let next = to(level + 1);
        let members =
            json!({ "properties": { "a": next, "b": next }, "required": ["a", "b"], "allOf": [next, next] });
        (format!("L{level}"), members)
    });
    let schemas: serde_json::Map<_, _> = schemas.collect();
    timed(service(
        json!({ "service": "a", "methods": [method("b", json!({ "request": to(0) }))], "schemas": schemas }),
    ));
}

#[test]
fn many_members_and_long_texts_are_cut() {
    let members: serde_json::Map<_, _> =
        (0..50_000).map(|number| (format!("m{number}"), json!({}))).collect();
    let long = "<".repeat(1_000_000);
    let page = timed(service(json!({
        "service": long, "docs": long,
        "methods": [method("b", json!({
            "docs": long, "request": { "properties": members, "description": long }, "examples": [long],
            "parameters": members.keys().collect::<Vec<_>>(), "reply": { "enum": vec![long.as_str(); 3] },
        }))],
    })));
    assert!(page.contains("Further fields are left out."));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn a_page_that_is_full_says_what_is_left_out() {
    let methods: Vec<_> = (0..10_000).map(|number| method(&format!("m{number}"), json!({}))).collect();
    let many = service(json!({ "service": "a", "methods": methods }));
    let page = html(&[many.clone(), many], &Info::new("a", "1"));
    let shown = page.matches("<article ").count();
    assert!(shown <= limits::METHODS && shown > 100, "{shown}");
    assert!(page.contains(&format!("The page is full: {} methods are left out.", 20_000 - shown)), "{shown}");
}

#[test]
fn a_page_does_not_grow_beyond_its_limit() {
    let text = "<&>".repeat(3_000);
    let methods: Vec<_> =
        (0..1_000).map(|number| method(&format!("m{number}"), json!({ "docs": text }))).collect();
    let schemas: serde_json::Map<_, _> =
        (0..5_000).map(|number| (format!("T{number}"), json!({ "description": text }))).collect();
    timed(service(json!({ "service": "a", "methods": methods, "schemas": schemas })));
}
