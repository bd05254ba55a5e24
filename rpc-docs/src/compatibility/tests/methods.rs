//! Services and methods.

use super::*;

#[test]
fn what_is_equal_has_no_findings() {
    let service = with_method(&json!({ "request": { "properties": { "n": { "type": "integer" } } } }));
    let report = compare(std::slice::from_ref(&service), std::slice::from_ref(&service));
    assert_eq!((report.findings.len(), report.bump()), (0, Bump::None));
}

#[test]
fn service_added() {
    let report = compare(&[], &[with_method(&json!({}))]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, finding.method.as_ref()), (Rule::ServiceAdded, None));
    assert_eq!([broken(finding)].as_slice(), page::row(Rule::ServiceAdded));
    assert_eq!(report.bump(), Bump::Minor);
}

#[test]
fn service_removed() {
    let report = compare(&[with_method(&json!({}))], &[]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, broken(finding)), (Rule::ServiceRemoved, "clients"));
    assert_eq!([broken(finding)].as_slice(), page::row(Rule::ServiceRemoved));
    assert_eq!(report.bump(), Bump::Major);
}

#[test]
fn method_added() {
    let old = ServiceDescription::new("fib");
    let report = compare(&[old], &[with_method(&json!({}))]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, finding.method.as_deref()), (Rule::MethodAdded, Some("fib.compute")));
    assert_eq!([broken(finding)].as_slice(), page::row(Rule::MethodAdded));
    assert_eq!(report.bump(), Bump::Minor);
}

#[test]
fn method_removed() {
    let report = compare(&[with_method(&json!({}))], &[ServiceDescription::new("fib")]);
    let finding = only(&report.findings);
    assert_eq!((finding.rule, finding.method.as_deref()), (Rule::MethodRemoved, Some("fib.compute")));
    assert_eq!([broken(finding)].as_slice(), page::row(Rule::MethodRemoved));
    assert_eq!(report.bump(), Bump::Major);
}

#[test]
fn kind_changed() {
    assert_method_rule(
        Rule::KindChanged,
        &json!({ "kind": "call" }),
        &json!({ "kind": "event", "queue": null }),
    );
    assert_method_rule(Rule::KindChanged, &json!({ "kind": "call" }), &json!({ "kind": "stream" }));
}

/// Servers answer the calls of old clients with `null`, and servers of a notification those of new clients.
#[test]
fn a_call_of_nothing_may_become_a_notification() {
    let number = json!({ "type": "integer" });
    let call = |reply: &Value| json!({ "kind": "call", "reply": reply });
    let notify = json!({ "kind": "notify", "reply": null });
    let breaks = |old: &Value, new: &Value| broken(only(&between(old, new)));
    assert_eq!(breaks(&call(&number), &notify), "clients");
    assert_eq!(breaks(&notify, &call(&number)), "servers");
    assert_eq!(breaks(&call(&json!({ "type": "null" })), &notify), "nobody");
    assert_eq!(breaks(&notify, &call(&json!({ "type": "null" }))), "nobody");
    // `null` would be read, as a value that the server never had.
    let optional = json!({ "type": ["null", "integer"] });
    assert_eq!(breaks(&call(&optional), &notify), "clients");
    assert_eq!(breaks(&notify, &call(&optional)), "servers");
    assert_eq!(breaks(&call(&json!({})), &notify), "clients");
    let with_error = json!({ "kind": "call", "reply": { "type": "null" }, "error": { "type": "string" } });
    assert_eq!(breaks(&with_error, &notify), "clients");
}

#[test]
fn exchange_changed() {
    assert_method_rule(Rule::ExchangeChanged, &json!({}), &json!({ "exchange": "numbers" }));
}

#[test]
fn routing_key_changed() {
    assert_method_rule(Rule::RoutingKeyChanged, &json!({}), &json!({ "routing_key": "numbers" }));
}

#[test]
fn queue_changed() {
    assert_method_rule(Rule::QueueChanged, &json!({}), &json!({ "queue": "numbers" }));
}

#[test]
fn the_queue_of_the_default_exchange_is_reported_once() {
    let of = |name: &str| json!({ "exchange": "", "routing_key": name, "queue": name });
    assert_eq!(only(&between(&of("a"), &of("b"))).rule, Rule::RoutingKeyChanged);
}

#[test]
fn body_layout_changed() {
    let (object, value) = (json!({ "type": "object" }), json!({ "type": "integer" }));
    assert_method_rule(
        Rule::BodyLayoutChanged,
        &json!({ "request": object }),
        &json!({ "bare": true, "request": value }),
    );
}

#[test]
fn bytes_changed() {
    let bytes = json!({ "bare": true, "raw_request": true });
    assert_method_rule(Rule::BytesChanged, &json!({ "bare": true, "request": { "type": "string" } }), &bytes);
    assert_method_rule(
        Rule::BytesChanged,
        &json!({ "raw_reply": true }),
        &json!({ "reply": { "type": "string" } }),
    );
}

#[test]
fn error_added() {
    assert_method_rule(Rule::ErrorAdded, &json!({}), &json!({ "error": { "type": "string" } }));
}

#[test]
fn error_removed() {
    assert_method_rule(Rule::ErrorRemoved, &json!({ "error": { "type": "string" } }), &json!({}));
}

/// Whom a change of what is promised about running twice breaks, with its rule.
fn repeated(kind: &str, old: &str, new: &str) -> (Rule, &'static str) {
    let of = |repetition: &str| json!({ "kind": kind, "repetition": repetition });
    let findings = between(&of(old), &of(new));
    (only(&findings).rule, broken(only(&findings)))
}

#[test]
fn deduplication_added() {
    let of = |repetition: &str| json!({ "repetition": repetition });
    for before in ["undeclared", "at_most_once"] {
        assert_method_rule(Rule::DeduplicationAdded, &of(before), &of("deduplicated"));
    }
    let added = |broken| (Rule::DeduplicationAdded, broken);
    assert_eq!(repeated("call", "idempotent", "deduplicated"), added("clients"));
    // Notifications have a message id, which is a key; and old servers run repeats of new ones.
    assert_eq!(repeated("notify", "undeclared", "deduplicated"), added("servers"));
    assert_eq!(repeated("notify", "at_most_once", "deduplicated"), added("servers"));
    assert_eq!(repeated("notify", "idempotent", "deduplicated"), added("nobody"));
}

#[test]
fn deduplication_removed() {
    let of = |repetition: &str| json!({ "repetition": repetition });
    for after in ["undeclared", "at_most_once"] {
        assert_method_rule(Rule::DeduplicationRemoved, &of("deduplicated"), &of(after));
    }
    let removed = |broken| (Rule::DeduplicationRemoved, broken);
    assert_eq!(repeated("call", "deduplicated", "idempotent"), removed("servers"));
    assert_eq!(repeated("notify", "deduplicated", "undeclared"), removed("clients"));
    assert_eq!(repeated("notify", "deduplicated", "idempotent"), removed("nobody"));
}

/// New clients send again what may have run, and old servers promised nothing.
#[test]
fn repetition_strengthened() {
    let of = |repetition: &str| json!({ "repetition": repetition });
    assert_method_rule(Rule::RepetitionStrengthened, &of("undeclared"), &of("idempotent"));
    assert_method_rule(Rule::RepetitionStrengthened, &of("undeclared"), &of("at_most_once"));
    assert_method_rule(Rule::RepetitionStrengthened, &of("at_most_once"), &of("idempotent"));
    assert_eq!(repeated("event", "undeclared", "idempotent"), (Rule::RepetitionStrengthened, "servers"));
}

#[test]
fn repetition_weakened() {
    let of = |repetition: &str| json!({ "repetition": repetition });
    assert_method_rule(Rule::RepetitionWeakened, &of("idempotent"), &of("undeclared"));
    assert_method_rule(Rule::RepetitionWeakened, &of("idempotent"), &of("at_most_once"));
    assert_method_rule(Rule::RepetitionWeakened, &of("at_most_once"), &of("undeclared"));
    assert_eq!(repeated("call", "idempotent", "replayed"), (Rule::RepetitionWeakened, "both"));
    assert_eq!(repeated("call", "replayed", "deduplicated"), (Rule::RepetitionWeakened, "both"));
}

#[test]
fn partitions_changed() {
    let of =
        |partitions: u16| json!({ "lock": { "name": "n", "scope": "cluster", "partitions": partitions } });
    assert_method_rule(Rule::PartitionsChanged, &of(16), &of(8));
    assert_method_rule(Rule::PartitionsChanged, &json!({ "lock": { "name": "n" } }), &of(8));
}

#[test]
fn cluster_lock_changed() {
    let of = |name: &str| json!({ "lock": { "name": name, "scope": "cluster", "partitions": 16 } });
    assert_method_rule(Rule::ClusterLockChanged, &of("n"), &of("m"));
    let of = |key: Option<&str>, is_bare: bool| {
        let lock = json!({ "name": "n", "scope": "cluster", "partitions": 16, "key": key });
        json!({ "lock": lock, "bare": is_bare })
    };
    assert_method_rule(Rule::ClusterLockChanged, &of(Some("id"), false), &of(Some("cluster.id"), false));
    assert_method_rule(Rule::ClusterLockChanged, &of(None, false), &of(Some("id"), false));
    assert_method_rule(Rule::ClusterLockChanged, &of(Some("a.id"), true), &of(Some("a.name"), true));
    assert_eq!(between(&of(Some("a.id"), true), &of(Some("b.id"), true)), []);
    let of = |scope: &str| json!({ "lock": { "name": "n", "scope": scope } });
    assert_method_rule(Rule::ClusterLockChanged, &of("process"), &of("region"));
    assert_method_rule(Rule::PartitionsChanged, &of("process"), &of("cluster"));
}

#[test]
fn lock_changed() {
    assert_method_rule(Rule::LockChanged, &json!({}), &json!({ "lock": { "name": "n" } }));
    let of = |name: &str| json!({ "lock": { "name": name } });
    assert_method_rule(Rule::LockChanged, &of("n"), &of("m"));
}

#[test]
fn timeout_changed() {
    assert_method_rule(
        Rule::TimeoutChanged,
        &json!({ "timeout_ms": 5_000 }),
        &json!({ "timeout_ms": 9_000 }),
    );
}

#[test]
fn cancellation_changed() {
    assert_method_rule(Rule::CancellationChanged, &json!({}), &json!({ "cancel_when_late": true }));
}

#[test]
fn deprecation_changed() {
    assert_method_rule(Rule::DeprecationChanged, &json!({}), &json!({ "deprecated": {} }));
}

#[test]
fn documentation_changed() {
    assert_method_rule(Rule::DocumentationChanged, &json!({ "docs": "One." }), &json!({ "docs": "Two." }));
    assert_method_rule(Rule::DocumentationChanged, &json!({}), &json!({ "examples": [{ "n": 1 }] }));
    let report = compare(&[with_method(&json!({}))], &[with_method(&json!({ "docs": "Two." }))]);
    assert_eq!(report.bump(), Bump::Patch);
}

#[test]
fn services_and_methods_are_found_by_name_wherever_they_are() {
    let (one, other) = (ServiceDescription::new("one"), ServiceDescription::new("other"));
    let report = compare(&[one.clone(), other.clone()], &[other, one.clone(), one]);
    assert_eq!(only(&report.findings).rule, Rule::ServiceAdded);
}
