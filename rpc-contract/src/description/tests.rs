use std::time::Duration;

use serde_json::json;

use super::*;
use crate::definitions::{self, LockDef, MethodDef, Params};

#[test]
fn what_says_nothing_is_not_written() {
    let mut description = ServiceDescription::new("fib");
    description.methods.push(MethodDescription::of(&MethodDef::new("fib", "fib.compute")));
    let written = json!({
        "service": "fib",
        "methods": [{
            "name": "compute", "full_name": "fib.compute", "kind": "call", "exchange": "amqp-rpc",
            "routing_key": "fib.compute", "queue": "fib", "request": {}, "reply": {},
        }],
    });
    assert_eq!(serde_json::to_value(&description).unwrap(), written);
}

#[test]
fn a_description_is_read_as_it_was_written() {
    const DEFINITION: MethodDef = MethodDef::new("billing", "billing.charge")
        .exchange("money")
        .routing_key("charge")
        .queue("billing.slow")
        .params(Params::Named(&["account", "cents"]))
        .timeout(Duration::from_secs(5))
        .repetition(definitions::Repetition::Deduplicated)
        .lock(LockDef::new("account").cluster(8))
        .cancel_when_late();
    let mut method = MethodDescription::of(&DEFINITION);
    method.lock.as_mut().unwrap().key = Some("account".to_owned());
    method.docs = Some("Charges.".to_owned());
    method.deprecated = Some(Deprecation { since: Some("1.2".to_owned()), note: None });
    method.request = json!({"type": "object"});
    method.reply = Some(json!(true));
    method.error = Some(json!({"$ref": "#/components/schemas/Refused"}));
    method.examples = vec![json!({"account": 7, "cents": 18_446_744_073_709_551_615_u64})];
    let mut description = ServiceDescription::new("billing");
    description.version = Some("1.0.0".to_owned());
    description.methods.push(method);
    description.schemas.insert("Refused".to_owned(), json!({"type": "null"}));

    let written = serde_json::to_string(&description).unwrap();
    assert_eq!(serde_json::from_str::<ServiceDescription>(&written).unwrap(), description);
}

#[test]
fn what_a_definition_says_is_in_its_description() {
    const DEFINITION: MethodDef = MethodDef::new("billing", "billing.charge")
        .params(Params::Bare("account"))
        .timeout(Duration::from_millis(1_500))
        .lock(LockDef::new("account").cluster(8))
        .reading_anything();
    let method = MethodDescription::of(&DEFINITION);
    assert_eq!((method.name.as_str(), method.timeout_ms), ("charge", Some(1_500)));
    assert_eq!(
        (method.parameters, method.bare, method.raw_request),
        (vec!["account".to_owned()], true, true)
    );
    let lock = method.lock.unwrap();
    assert_eq!((lock.name.as_str(), lock.scope, lock.partitions), ("account", LockScope::Cluster, Some(8)));
    assert_eq!(lock.key, None, "only the macro knows it");
}

#[test]
fn a_notification_has_no_reply_and_an_event_no_queue() {
    let notification = MethodDescription::of(&MethodDef::new("prices", "prices.refresh").notify());
    assert_eq!((notification.queue.as_deref(), notification.reply), (Some("prices"), None));
    let event = MethodDescription::of(&MethodDef::new("prices", "prices.changed").event());
    assert_eq!((event.kind, event.queue, event.reply), (MethodKind::Event, None, None));
}

/// As a tool meets it in the answer of a service that was built later.
#[test]
fn a_description_of_a_later_version_is_read() {
    let later = json!({
        "service": "fib", "owner": "us",
        "methods": [{
            "name": "feed", "full_name": "fib.feed", "kind": "stream", "exchange": "", "routing_key": "fib.feed",
            "repetition": "replayed", "lock": {"name": "n", "scope": "planet", "quorum": 3}, "window": 16,
        }],
    });
    let description: ServiceDescription = serde_json::from_value(later).unwrap();
    let method = &description.methods[0];
    assert_eq!((method.kind, method.repetition), (MethodKind::Unknown, Repetition::Unknown));
    assert_eq!(method.lock.as_ref().unwrap().scope, LockScope::Unknown);
    assert_eq!(method.request, json!({}));
}
