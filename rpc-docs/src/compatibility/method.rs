//! What two versions of a method say.

use std::collections::BTreeMap;

use amqp_rpc_contract::description::{MethodDescription, MethodKind};
use serde_json::Value;

use super::{
    Rule,
    change::{Change, deprecation},
    lock, repetition,
    schemas::{Budget, Direction, allows_only_null, compare_bodies},
};

/// A method, and the definitions that its schemas refer to.
pub(super) type Defined<'a> = (&'a MethodDescription, &'a BTreeMap<String, Value>);

pub(super) fn compare(old: Defined<'_>, new: Defined<'_>, budget: &mut Budget) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(kind(old, new, budget));
    address(old.0, new.0, &mut changes);
    changes.extend(repetition::compare(old.0, new.0));
    changes.extend(lock::compare(old.0, new.0));
    settings(old.0, new.0, &mut changes);
    request(old, new, &mut changes, budget);
    replies(old, new, &mut changes, budget);
    texts(old.0, new.0, &mut changes);
    changes
}

fn kind(old: Defined<'_>, new: Defined<'_>, budget: &mut Budget) -> Option<Change> {
    let (from, to) = (old.0.kind, new.0.kind);
    if from == to {
        return None;
    }
    let change = Change::of(Rule::KindChanged, "kind", format!("it is {}, and was {}", name(to), name(from)));
    // A result that may be `null` and something else means more than that the method ran.
    let mut has_no_result = |(method, schemas): Defined<'_>| {
        let nothing_else = method.error.is_none() && !method.raw_reply;
        nothing_else && method.reply.as_ref().is_some_and(|reply| allows_only_null((reply, schemas), budget))
    };
    Some(match (from, to) {
        (MethodKind::Call, MethodKind::Notify) if has_no_result(old) => change,
        (MethodKind::Call, MethodKind::Notify) => change.breaks_clients(
            "they wait for a result, and get `null`, or a fault in place of the method's error",
        ),
        (MethodKind::Notify, MethodKind::Call) if has_no_result(new) => change,
        (MethodKind::Notify, MethodKind::Call) => {
            change.breaks_servers("new clients wait for a result, and old servers answer `null`")
        }
        _ => change.breaks_both(
            "messages go elsewhere, and are answered or not: the two sides expect different things",
        ),
    })
}

fn name(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Call => "a call",
        MethodKind::Notify => "a notification",
        MethodKind::Event => "an event",
        _ => "of an unknown kind",
    }
}

fn address(old: &MethodDescription, new: &MethodDescription, changes: &mut Vec<Change>) {
    let elsewhere = "requests go where the other side has no binding: they are unroutable, or reach a server that does \
                     not know the method";
    if old.exchange != new.exchange {
        let change = changed("exchange", &old.exchange, &new.exchange);
        changes.push(Change::of(Rule::ExchangeChanged, "exchange", change).breaks_both(elsewhere));
    }
    if old.routing_key != new.routing_key {
        let change = changed("routing key", &old.routing_key, &new.routing_key);
        changes.push(Change::of(Rule::RoutingKeyChanged, "routing_key", change).breaks_both(elsewhere));
    }
    // On the default exchange the routing key is the queue, and has been reported.
    let is_of_a_queue =
        old.exchange.is_empty() && new.exchange.is_empty() && old.routing_key != new.routing_key;
    if let (Some(from), Some(to)) = (&old.queue, &new.queue)
        && from != to
        && !is_of_a_queue
    {
        let change = changed("queue", from, to);
        changes.push(Change::of(Rule::QueueChanged, "queue", change).breaks_both(
            "while both queues are bound each request is in both of them: it runs twice, or waits where no server \
             consumes; clients that look up their queue find the other one",
        ));
    }
}

fn changed(what: &str, from: &str, to: &str) -> String {
    format!("the {what} is `{to}`, and was `{from}`")
}

fn settings(old: &MethodDescription, new: &MethodDescription, changes: &mut Vec<Change>) {
    if old.timeout_ms != new.timeout_ms {
        let said =
            |timeout: Option<u64>| timeout.map_or_else(|| "not declared".to_owned(), |ms| format!("{ms} ms"));
        let change = format!("the timeout is {}, and was {}", said(new.timeout_ms), said(old.timeout_ms));
        changes.push(Change::of(Rule::TimeoutChanged, "timeout_ms", change));
    }
    if old.cancel_when_late != new.cancel_when_late {
        let change =
            if new.cancel_when_late { "late calls are cancelled" } else { "late calls run to their end" };
        changes.push(Change::of(Rule::CancellationChanged, "cancel_when_late", change));
    }
    if old.deprecated.is_some() != new.deprecated.is_some() {
        changes.push(deprecation(new.deprecated.is_some()));
    }
}

fn request(old: Defined<'_>, new: Defined<'_>, changes: &mut Vec<Change>, budget: &mut Budget) {
    if old.0.raw_request != new.0.raw_request {
        changes.push(bytes("request", new.0.raw_request));
    } else if old.0.bare != new.0.bare {
        let change = if new.0.bare {
            "the body is the value of the only parameter, and was an object"
        } else {
            "the body is an object with the parameters, and was the value of the only one"
        };
        let why = "the body is not what the other side reads";
        changes.push(Change::of(Rule::BodyLayoutChanged, "request", change).breaks_both(why));
    } else if !new.0.raw_request {
        let (old, new) = ((&old.0.request, old.1), (&new.0.request, new.1));
        changes.extend(compare_bodies("request", Direction::ToServer, old, new, budget));
    }
}

fn replies(old: Defined<'_>, new: Defined<'_>, changes: &mut Vec<Change>, budget: &mut Budget) {
    let is_one_way =
        |method: &MethodDescription| matches!(method.kind, MethodKind::Notify | MethodKind::Event);
    // What changes with the kind is reported with it.
    if is_one_way(old.0) || is_one_way(new.0) {
        return;
    }
    if old.0.raw_reply != new.0.raw_reply {
        changes.push(bytes("reply", new.0.raw_reply));
    } else if !new.0.raw_reply {
        // Without a schema every value is allowed.
        let anything = Value::Bool(true);
        let old = (old.0.reply.as_ref().unwrap_or(&anything), old.1);
        let new = (new.0.reply.as_ref().unwrap_or(&anything), new.1);
        changes.extend(compare_bodies("reply", Direction::ToClient, old, new, budget));
    }
    match (&old.0.error, &new.0.error) {
        (None, None) => {}
        (None, Some(_)) => changes.push(
            Change::of(Rule::ErrorAdded, "error", "it may return an error of its own")
                .breaks_clients("the new server may send an error, which they cannot read"),
        ),
        (Some(_), None) => changes.push(
            Change::of(Rule::ErrorRemoved, "error", "it has no error of its own any more")
                .breaks_servers("old servers may send an error, which new clients cannot read"),
        ),
        (Some(from), Some(to)) => {
            changes.extend(compare_bodies("error", Direction::ToClient, (from, old.1), (to, new.1), budget));
        }
    }
}

fn bytes(path: &str, is_raw: bool) -> Change {
    let change =
        if is_raw { "the body is bytes, and was a value" } else { "the body is a value, and was bytes" };
    Change::of(Rule::BytesChanged, path, change).breaks_both("the body is not what the other side reads")
}

fn texts(old: &MethodDescription, new: &MethodDescription, changes: &mut Vec<Change>) {
    let mut of =
        |path: &str, change: &str| changes.push(Change::of(Rule::DocumentationChanged, path, change));
    if old.docs != new.docs {
        of("docs", "the documentation changed");
    }
    if old.examples != new.examples {
        of("examples", "the examples changed");
    }
}
