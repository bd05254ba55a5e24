//! Exchanges of all types: binding, routing, redeclaration.

use super::*;
use crate::properties::Value;

fn exchange(kind: Kind) -> Exchange {
    Exchange::new("x".into(), kind, false, false, false, FieldTable::default())
}

fn queue(name: &str) -> Destination {
    Destination::Queue(name.into())
}

fn arguments(name: &str, value: AMQPValue) -> FieldTable {
    let mut table = FieldTable::default();
    table.insert(name.into(), value);
    table
}

fn route(exchange: &Exchange, key: &str, headers: Option<Table>) -> Vec<Destination> {
    let mut found = Vec::new();
    exchange.route(key, &mut || headers.clone(), &mut found);
    found
}

#[test]
fn kinds_have_names() {
    for kind in [Kind::Direct, Kind::Fanout, Kind::Topic, Kind::Headers] {
        assert_eq!(Kind::parse(kind.name()), Some(kind));
    }
    assert_eq!(Kind::parse("x-delayed-message"), None);
}

#[test]
fn each_type_routes_in_its_way() {
    let headers = || Some(Table::from_iter([("h", Value::text("1"))]));
    let cases = [
        (Kind::Direct, "a.b", vec![queue("ab")]),
        (Kind::Direct, "a.#", vec![queue("a#")]),
        (Kind::Direct, "none", vec![]),
        (Kind::Fanout, "none", vec![queue("a#"), queue("ab"), queue("h")]),
        (Kind::Topic, "a.b", vec![queue("a#"), queue("ab")]),
        (Kind::Topic, "none", vec![]),
        (Kind::Headers, "none", vec![queue("a#"), queue("ab"), queue("h")]),
    ];
    for (kind, key, expected) in cases {
        let mut exchange = exchange(kind);
        exchange.bind(queue("ab"), "a.b".into(), FieldTable::default());
        exchange.bind(queue("a#"), "a.#".into(), FieldTable::default());
        exchange.bind(queue("h"), "h".into(), arguments("h", AMQPValue::LongString("1".into())));
        let mut found = route(&exchange, key, headers());
        found.sort();
        assert_eq!(found, expected, "{kind:?} {key}");
        if kind == Kind::Headers {
            assert!(!route(&exchange, key, None).contains(&queue("h")));
        }
    }
}

#[test]
fn only_headers_exchanges_read_the_headers() {
    for kind in [Kind::Direct, Kind::Fanout, Kind::Topic, Kind::Headers] {
        let mut exchange = exchange(kind);
        exchange.bind(queue("q"), "k".into(), FieldTable::default());
        let mut read = false;
        exchange.route(
            "k",
            &mut || {
                read = true;
                None
            },
            &mut Vec::new(),
        );
        assert_eq!(read, kind == Kind::Headers, "{kind:?}");
    }
}

#[test]
fn bindings_differ_by_their_arguments() {
    for kind in [Kind::Direct, Kind::Fanout, Kind::Topic, Kind::Headers] {
        let mut exchange = exchange(kind);
        let other = arguments("n", AMQPValue::LongInt(1));
        assert!(exchange.bind(queue("q"), "k".into(), FieldTable::default()));
        assert!(!exchange.bind(queue("q"), "k".into(), FieldTable::default()));
        assert!(exchange.bind(queue("q"), "k".into(), other.clone()));
        assert_eq!(exchange.bindings().count(), 2);
        assert!(!exchange.unbind(&queue("q"), &"k".into(), &arguments("n", AMQPValue::LongInt(2))));
        assert!(!exchange.unbind(&queue("q"), &"l".into(), &other));
        assert!(!exchange.unbind(&queue("p"), &"k".into(), &other));
        assert!(exchange.unbind(&queue("q"), &"k".into(), &other));
        assert_eq!(route(&exchange, "k", None), [queue("q")], "{kind:?}");
        assert!(exchange.unbind(&queue("q"), &"k".into(), &FieldTable::default()));
        assert!(exchange.is_unbound());
        assert_eq!(route(&exchange, "k", None), [], "{kind:?}");
    }
}

#[test]
fn a_destination_is_removed_with_all_its_bindings() {
    for kind in [Kind::Direct, Kind::Fanout, Kind::Topic, Kind::Headers] {
        let mut exchange = exchange(kind);
        exchange.bind(queue("q"), "k".into(), FieldTable::default());
        exchange.bind(queue("q"), "l".into(), FieldTable::default());
        exchange.bind(Destination::Exchange("q".into()), "k".into(), FieldTable::default());
        assert!(exchange.remove_destination(&queue("q")));
        assert!(!exchange.remove_destination(&queue("q")));
        assert_eq!(route(&exchange, "k", None), [Destination::Exchange("q".into())], "{kind:?}");
        assert_eq!(route(&exchange, "l", None).is_empty(), matches!(kind, Kind::Direct | Kind::Topic));
    }
}

#[test]
fn only_headers_exchanges_check_the_arguments_of_bindings() {
    let bogus = arguments("x-match", AMQPValue::LongString("bogus".into()));
    assert_eq!(exchange(Kind::Direct).check_binding(&bogus, Like::default()), Ok(()));
    exchange(Kind::Headers).check_binding(&bogus, Like::default()).unwrap_err();
}

#[test]
fn a_difference_is_reported_with_rabbitmqs_text() {
    let alternate = |name: &str| arguments(ALTERNATE, AMQPValue::LongString(name.into()));
    let existing = Exchange::new("xa".into(), Kind::Direct, false, false, false, alternate("amq.fanout"));
    let check = |kind, durable, auto_delete, internal, arguments: &FieldTable| {
        existing.inequivalence(kind, durable, auto_delete, internal, arguments, "/")
    };
    assert_eq!(check(Kind::Direct, false, false, false, &alternate("amq.fanout")), None);
    let text = |end: &str| Some(format!("inequivalent arg {end}"));
    let same = alternate("amq.fanout");
    let cases = [
        (
            check(Kind::Fanout, true, true, true, &same),
            "'type' for exchange 'xa' in vhost '/': received 'fanout' but current is 'direct'",
        ),
        (
            check(Kind::Direct, true, true, true, &same),
            "'durable' for exchange 'xa' in vhost '/': received 'true' but current is 'false'",
        ),
        (
            check(Kind::Direct, false, true, true, &same),
            "'auto_delete' for exchange 'xa' in vhost '/': received 'true' but current is 'false'",
        ),
        (
            check(Kind::Direct, false, false, true, &same),
            "'internal' for exchange 'xa' in vhost '/': received 'true' but current is 'false'",
        ),
        (
            check(Kind::Direct, false, false, false, &alternate("other")),
            "'alternate-exchange' for exchange 'xa' in vhost '/': received 'other' but current is 'amq.fanout'",
        ),
        (
            check(Kind::Direct, false, false, false, &FieldTable::default()),
            "'alternate-exchange' for exchange 'xa' in vhost '/': received none but current is the value 'amq.fanout' of type 'longstr'",
        ),
    ];
    for (difference, expected) in cases {
        assert_eq!(difference, text(expected));
    }
}

#[test]
fn an_alternate_exchange_is_a_string() {
    let name = AMQPValue::LongString("other".into());
    let exchange =
        Exchange::new("x".into(), Kind::Direct, false, false, false, arguments(ALTERNATE, name.clone()));
    assert_eq!(exchange.alternate(), Some("other"));
    assert_eq!(alternate_exchange(&arguments(ALTERNATE, name), "x", "/"), Ok(Some("other".to_owned())));
    assert_eq!(alternate_exchange(&FieldTable::default(), "x", "/"), Ok(None));
    let text = "invalid type 'signedint' for arg 'alternate-exchange' in exchange 'xn' in vhost '/'";
    let refused = alternate_exchange(&arguments(ALTERNATE, AMQPValue::LongInt(1)), "xn", "/");
    assert_eq!(refused, Err(text.to_owned()));
}
