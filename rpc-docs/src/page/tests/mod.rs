//! The page as a text: what it says, and what hostile descriptions do to it.

mod hostile;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Value, json};

use super::html;
use crate::asyncapi::Info;

fn service(value: Value) -> ServiceDescription {
    serde_json::from_value(value).unwrap()
}

/// A service with a method that takes and answers what the tests look at.
fn fib() -> ServiceDescription {
    service(json!({
        "service": "fib", "version": "1.2.0", "docs": "Fibonacci numbers.",
        "methods": [{
            "name": "compute", "full_name": "fib.compute", "kind": "call", "exchange": "amqp-rpc",
            "routing_key": "fib.compute", "queue": "fib", "docs": "The `n`th Fibonacci number.", "timeout_ms": 5000,
            "repetition": "idempotent", "parameters": ["n"],
            "request": {
                "type": "object",
                "properties": { "n": { "type": "integer", "format": "uint64", "minimum": 0, "maximum": 90 } },
                "required": ["n"],
            },
            "reply": { "type": "integer", "format": "uint64", "minimum": 0 },
            "error": { "$ref": "#/components/schemas/FibError" },
            "examples": [{ "n": 10 }],
        }],
        "schemas": { "FibError": { "description": "Why not.", "oneOf": [
            { "title": "TooLarge", "description": "It has more than 64 bits.", "type": "object", "properties": {
                "TooLarge": { "type": "object", "properties": { "limit": { "type": "integer", "maximum": 90 } },
                    "required": ["limit"] },
            }, "required": ["TooLarge"] },
            { "const": "Busy", "description": "Later." },
        ] } },
    }))
}

fn page(service: ServiceDescription) -> String {
    html(&[service], &Info::new("Numbers", "1.2.0"))
}

/// What stands between two texts.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {page}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {begin}")).0
}

#[test]
fn a_method_has_its_signature_tables_command_bodies_and_address() {
    let page = page(fib());
    let article = between(&page, "<article id=\"fib.compute\"", "</article>");
    let link = "<a href=\"#type.FibError\">FibError</a>";
    for expected in [
        format!("compute(n: integer (uint64)) → integer (uint64), or error {link}"),
        "<p>The <code>n</code>th Fibonacci number.</p>".to_owned(),
        "Idempotent: running it twice is harmless.".to_owned(),
        "<tr><th scope=\"row\"><code>n</code></th><td>integer (uint64)</td><td>At most 90. </td></tr>"
            .to_owned(),
        "<tr><th scope=\"row\"><em>the body</em></th><td>integer (uint64)</td>".to_owned(),
        "TooLarge <span class=\"note\">It has more than 64 bits.</span></th>".to_owned(),
        "<th scope=\"row\"><code>TooLarge.limit</code></th><td>integer</td><td>At most 90. </td>".to_owned(),
        "<code>&quot;Busy&quot;</code> <span class=\"note\">Later.</span></th>".to_owned(),
        "<code>amqp-rpc call fib.compute &#39;{&quot;n&quot;: 10}&#39;</code>".to_owned(),
        "<pre><code>{\n  &quot;n&quot;: 10\n}</code></pre>".to_owned(),
        "<th scope=\"row\">Exchange</th><td><code>amqp-rpc</code> (direct)</td>".to_owned(),
        "<th scope=\"row\">Routing key</th><td><code>fib.compute</code></td>".to_owned(),
        "<th scope=\"row\"><code>expiration</code></th>".to_owned(),
        "<summary>JSON Schema of the error</summary>".to_owned(),
    ] {
        assert!(article.contains(&expected), "{expected}\n\n{article}");
    }
}

/// The signature comes first, and what travels last.
#[test]
fn a_method_is_read_from_what_is_asked_most() {
    let page = page(fib());
    let article = between(&page, "<article id=\"fib.compute\"", "</article>");
    let order = [
        "class=\"signature\"",
        ">Request<",
        ">Reply<",
        ">Error<",
        ">From the command line<",
        ">Example body<",
        ">On the wire<",
        "JSON Schema",
    ];
    let places: Vec<_> = order.iter().map(|part| article.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn notifications_and_events_have_no_reply() {
    for (kind, verb) in [("notify", "notify"), ("event", "publish")] {
        let page = page(service(json!({ "service": "a", "methods": [{
            "name": "b", "full_name": "a.b", "kind": kind, "exchange": "x", "routing_key": "a.b",
            "request": { "type": "object" }, "reply": {}, "error": {},
        }] })));
        assert!(page.contains(&format!("amqp-rpc {verb} a.b &#39;{{}}&#39;")), "{page}");
        assert!(
            !page.contains(">Reply<") && !page.contains(">Error<") && !page.contains("id=\"faults\""),
            "{page}"
        );
        assert!(page.contains("No parameters: an empty object."));
    }
}

#[test]
fn deprecation_locks_and_keys_are_told() {
    let page = page(service(
        json!({ "service": "a", "deprecated": { "since": "2", "note": "Use `b`." }, "methods": [{
        "name": "b", "full_name": "a.b", "kind": "call", "exchange": "", "routing_key": "q", "queue": "q",
        "deprecated": { "note": "Slow." }, "repetition": "deduplicated", "raw_request": true, "bare": true,
        "lock": { "name": "id", "key": "id", "scope": "cluster", "partitions": 8 }, "reply": {},
    }] }),
    ));
    for expected in [
        "Deprecated since 2. Use <code>b</code>.",
        "Deprecated. Slow.",
        "the default exchange",
        "<code>q.lock.K-of-8</code>",
        "required: the idempotency key",
        "amqp-rpc call a.b --raw @body.bin",
        "Bytes, of any content type.",
    ] {
        assert!(page.contains(expected), "{expected}\n\n{page}");
    }
}

#[test]
fn anchors_are_never_shared() {
    let twice = || {
        service(json!({ "service": "content", "methods": [
        { "name": "a", "full_name": "filter", "kind": "call", "exchange": "", "routing_key": "a" },
        { "name": "a", "full_name": "filter", "kind": "call", "exchange": "", "routing_key": "a" },
    ], "schemas": { "A": {}, "A_": {}, "A?": {} } }))
    };
    let page = html(&[twice(), twice()], &Info::new("a", "1"));
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    let links: Vec<&str> =
        page.split("href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(links.iter().all(|link| ids.contains(link)), "{links:?} {ids:?}");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[test]
fn the_policy_is_that_of_the_style_and_the_script_of_the_page() {
    let page = page(fib());
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert_eq!(policy.replace("&#39;", "'"), super::policy::policy(false));
    assert_eq!(between(&page, "<style>", "</style>"), super::policy::STYLE);
    assert_eq!(between(&page, "<script>", "</script>"), super::policy::SCRIPT);
    assert!(
        !page.contains("://example") && !page.contains(" style=") && !page.contains(" onclick="),
        "{page}"
    );
}

/// Nothing is fetched: the page is one file. A service of this size has a page of a few kilobytes.
#[test]
fn the_page_is_one_small_file() {
    let page = page(fib());
    for attribute in ["src=", "@import", "<link rel=\"stylesheet\"", "<iframe", "<form"] {
        assert!(!page.contains(attribute), "{attribute}");
    }
    assert!(page.len() < 24_000, "{} bytes", page.len());
}

#[test]
fn a_page_of_no_services_says_so() {
    let page = html(&[], &Info::new("Empty", "1").description("Some *text*."));
    assert!(page.contains("<p>No services.</p>") && page.contains("<p>Some *text*.</p>"), "{page}");
}
