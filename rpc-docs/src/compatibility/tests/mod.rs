//! A test for each rule, and one that each has its test and its row on the page.

mod fields;
mod hostile;
mod keywords;
mod methods;
mod page;
mod untagged;
mod values;
mod work;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Value, json};

use super::*;

/// A service `fib` with a method `compute` that has these members in addition.
fn with_method(more: &Value) -> ServiceDescription {
    let mut method = json!({
        "name": "compute", "full_name": "fib.compute", "kind": "call", "exchange": "amqp-rpc",
        "routing_key": "fib.compute", "queue": "fib", "reply": {},
    });
    method.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(json!({ "service": "fib", "methods": [method] })).unwrap()
}

/// The findings between two versions of the method.
fn between(old: &Value, new: &Value) -> Vec<Finding> {
    compare(&[with_method(old)], &[with_method(new)]).findings
}

/// The only finding.
fn only(findings: &[Finding]) -> &Finding {
    match findings {
        [finding] => finding,
        _ => panic!("not one finding: {findings:#?}"),
    }
}

/// Whom a finding breaks, as the page says it.
fn broken(finding: &Finding) -> &'static str {
    match (&finding.breaks_clients, &finding.breaks_servers) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "clients",
        (None, Some(_)) => "servers",
        (None, None) => "nobody",
    }
}

/// The change is the only one, follows this rule, and breaks whom the page says.
fn assert_method_rule(rule: Rule, old: &Value, new: &Value) {
    let findings = between(old, new);
    let finding = only(&findings);
    assert_eq!(finding.rule, rule, "{finding}");
    assert_eq!([broken(finding)].as_slice(), page::row(rule), "{finding}");
}

/// The same for a change of a schema, in a request, in a reply and in an error.
fn assert_schema_rule(rule: Rule, old: &Value, new: &Value) {
    let row = page::row(rule);
    for (place, expected) in [("request", &row[0]), ("reply", &row[1]), ("error", &row[1])] {
        let findings = between(&json!({ place: old }), &json!({ place: new }));
        let finding = only(&findings);
        assert_eq!((finding.rule, broken(finding)), (rule, expected.as_str()), "in a {place}: {finding}");
        assert!(finding.path.starts_with(place), "{finding}");
    }
}

/// Whom the changes of a schema break in a request and in a reply, with their rules.
fn in_both_directions(old: &Value, new: &Value) -> [Vec<(Rule, &'static str)>; 2] {
    ["request", "reply"].map(|place| {
        let findings = between(&json!({ place: old }), &json!({ place: new }));
        findings.iter().map(|finding| (finding.rule, broken(finding))).collect()
    })
}
