//! Arguments of queues. The expected texts are those of RabbitMQ 3.10.8 for the same declarations.

use super::*;

pub(super) type Entry = (&'static str, AMQPValue);

pub(super) fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

pub(super) fn int(number: i32) -> AMQPValue {
    AMQPValue::LongInt(number)
}

pub(super) fn long(number: i64) -> AMQPValue {
    AMQPValue::LongLongInt(number)
}

pub(super) fn declaration(entries: &[Entry]) -> QueueDeclaration {
    let mut arguments = FieldTable::default();
    for (name, value) in entries {
        arguments.insert((*name).into(), value.clone());
    }
    QueueDeclaration { durable: true, exclusive: false, auto_delete: false, arguments }
}

pub(super) fn quorum(entries: &[Entry]) -> QueueDeclaration {
    let mut declaration = declaration(entries);
    declaration.arguments.insert(QUEUE_TYPE.into(), text("quorum"));
    declaration
}

fn parse(declaration: &QueueDeclaration) -> Result<QueueArguments, String> {
    QueueArguments::parse(declaration, "q", "/", Like::default())
}

#[track_caller]
fn assert_refused(declaration: &QueueDeclaration, expected: &str) {
    assert_eq!(parse(declaration), Err(expected.to_owned()));
}

/// "invalid arg 'name' for queue 'q' in vhost '/': reason"
#[track_caller]
fn assert_invalid(declaration: &QueueDeclaration, name: &str, reason: &str) {
    assert_refused(declaration, &format!("invalid arg '{name}' for queue 'q' in vhost '/': {reason}"));
}

#[test]
fn arguments_that_change_a_queue_are_kept() {
    assert_eq!(parse(&declaration(&[])), Ok(QueueArguments::default()));
    let parsed = parse(&declaration(&[
        ("x-expires", int(1)),
        ("x-message-ttl", AMQPValue::ShortShortUInt(5)),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("k")),
        ("x-max-length", long(3)),
        ("x-max-length-bytes", int(0)),
        ("x-max-priority", int(255)),
        ("x-overflow", text("reject-publish-dlx")),
        ("x-queue-mode", text("lazy")),
        ("x-queue-version", int(2)),
        ("x-single-active-consumer", AMQPValue::Boolean(true)),
        ("x-queue-type", text("classic")),
        ("x-queue-master-locator", text("min-masters")),
        ("x-unknown", AMQPValue::Void),
    ]));
    let expected = QueueArguments {
        kind: QueueKind::Classic,
        single_active_consumer: true,
        expires: Some(Duration::from_millis(1)),
        message_ttl: Some(Duration::from_millis(5)),
        max_length: Some(3),
        max_length_bytes: Some(0),
        overflow: Overflow::RejectPublishDlx,
        dead_letter_exchange: Some("".into()),
        dead_letter_routing_key: Some("k".into()),
        delivery_limit: None,
    };
    assert_eq!(parsed, Ok(expected));
}

#[test]
fn quorum_queues_limit_deliveries() {
    let limit = |value| parse(&quorum(&[("x-delivery-limit", value)])).unwrap().delivery_limit;
    assert_eq!(limit(int(3)), Some(3));
    assert_eq!(limit(int(-1)), Some(0));
    assert_eq!(limit(long(i64::MAX)), Some(u32::MAX));
    assert_eq!(limit(text("x")), None);
    let parsed = parse(&quorum(&[("x-overflow", text("reject-publish-dlx"))])).unwrap();
    assert!(parsed.is_quorum());
    assert_eq!(parsed.overflow, Overflow::DropHead);
    for known in [
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-quorum-initial-group-size", int(1)),
        ("x-queue-leader-locator", text("balanced")),
        ("x-max-in-memory-length", int(0)),
        ("x-max-in-memory-bytes", int(0)),
    ] {
        assert_eq!(
            parse(&quorum(&[known])),
            Ok(QueueArguments { kind: QueueKind::Quorum, ..Default::default() })
        );
    }
}

#[test]
fn numbers_have_limits() {
    let cases = [
        ("x-expires", int(-1), "{value_negative,-1}"),
        ("x-expires", int(0), "{value_zero,0}"),
        ("x-expires", long(MAX_TIME + 1), "{value_too_large,315360000001}"),
        ("x-message-ttl", int(-1), "{value_negative,-1}"),
        ("x-message-ttl", long(MAX_TIME + 1), "{value_too_large,315360000001}"),
        ("x-max-length", int(-1), "{value_negative,-1}"),
        ("x-max-length-bytes", int(-1), "{value_negative,-1}"),
        ("x-max-priority", int(-1), "{value_negative,-1}"),
        ("x-max-priority", int(256), "{max_value_exceeded,256}"),
        ("x-queue-version", int(-1), "{value_negative,-1}"),
        ("x-queue-version", int(3), "\"unsupported queue version '3'\""),
    ];
    for (name, value, reason) in cases {
        assert_invalid(&declaration(&[(name, value)]), name, reason);
    }
    for (name, value) in
        [("x-message-ttl", int(0)), ("x-message-ttl", long(MAX_TIME)), ("x-expires", long(MAX_TIME))]
    {
        parse(&declaration(&[(name, value)])).unwrap();
    }
    assert_invalid(
        &quorum(&[("x-quorum-initial-group-size", int(0))]),
        "x-quorum-initial-group-size",
        "{value_zero,0}",
    );
    assert_invalid(
        &quorum(&[("x-max-in-memory-length", int(-1))]),
        "x-max-in-memory-length",
        "{value_negative,-1}",
    );
}

const MAX_TIME: i64 = checks::MAX_MILLISECONDS;

#[test]
fn only_integers_are_numbers() {
    let others = [
        (text("x"), "longstr"),
        (AMQPValue::Void, "void"),
        (AMQPValue::Float(1.0), "float"),
        (AMQPValue::Boolean(true), "bool"),
        (AMQPValue::Timestamp(5), "timestamp"),
        (AMQPValue::ByteArray(b"5"[..].into()), "binary"),
        (AMQPValue::FieldTable(FieldTable::default()), "table"),
    ];
    let names = [
        "x-expires",
        "x-message-ttl",
        "x-max-length",
        "x-max-length-bytes",
        "x-max-priority",
        "x-queue-version",
    ];
    for name in names {
        for (value, kind) in &others {
            assert_invalid(
                &declaration(&[(name, value.clone())]),
                name,
                &format!("\"expected integer, got {kind}\""),
            );
        }
    }
}

#[test]
fn unknown_values_of_string_arguments_are_refused() {
    let cases = [
        ("x-overflow", text("x"), "invalid_overflow"),
        ("x-overflow", int(1), "{unacceptable_type,signedint}"),
        ("x-queue-mode", text("x"), "\"unsupported queue mode 'x'\""),
        ("x-queue-mode", AMQPValue::Void, "{unacceptable_type,void}"),
        ("x-queue-type", text("bogus"), "\"unsupported queue type 'bogus'\""),
        ("x-queue-type", text("b\"\\"), "\"unsupported queue type 'b\\\"\\\\'\""),
        ("x-queue-type", int(1), "{unacceptable_type,signedint}"),
        ("x-single-active-consumer", text("true"), "{unacceptable_type,longstr}"),
        ("x-dead-letter-routing-key", text("k"), "routing_key_but_no_dlx_defined"),
        ("x-dead-letter-routing-key", int(1), "{unacceptable_type,signedint}"),
    ];
    for (name, value, reason) in cases {
        assert_invalid(&declaration(&[(name, value)]), name, reason);
    }
    let cases = [
        ("x-dead-letter-strategy", text("x"), "invalid_dlx_strategy"),
        ("x-dead-letter-strategy", int(1), "{unacceptable_type,signedint}"),
        ("x-queue-leader-locator", text("x"), "invalid_queue_locator_arg"),
        ("x-queue-leader-locator", AMQPValue::Void, "{unacceptable_type,void}"),
    ];
    for (name, value, reason) in cases {
        assert_invalid(&quorum(&[(name, value)]), name, reason);
    }
}

#[test]
fn unsupported_values_are_refused_with_this_brokers_own_texts() {
    let stream = declaration(&[("x-queue-type", text("stream"))]);
    assert_invalid(&stream, "x-queue-type", "\"this broker has no queues of type 'stream'\"");
    let long = declaration(&[("x-dead-letter-exchange", text(&"x".repeat(256)))]);
    assert_invalid(&long, "x-dead-letter-exchange", "\"expected UTF-8 of at most 255 bytes\"");
}

#[test]
fn each_type_has_its_own_arguments() {
    let refused = |name: &str, module: &str| {
        format!("invalid arg '{name}' for queue 'q' in vhost '/' of queue type {module}")
    };
    for name in [
        "x-delivery-limit",
        "x-dead-letter-strategy",
        "x-max-in-memory-length",
        "x-max-in-memory-bytes",
        "x-quorum-initial-group-size",
        "x-queue-leader-locator",
        "x-max-age",
        "x-initial-cluster-size",
        "x-stream-max-segment-size-bytes",
    ] {
        assert_refused(&declaration(&[(name, int(1))]), &refused(name, "rabbit_classic_queue"));
    }
    for name in ["x-max-priority", "x-queue-mode", "x-queue-version", "x-queue-master-locator", "x-max-age"] {
        assert_refused(&quorum(&[(name, int(1))]), &refused(name, "rabbit_quorum_queue"));
    }
}

#[test]
fn quorum_queues_are_durable_and_shared() {
    let declared =
        |durable, exclusive, auto_delete| QueueDeclaration { durable, exclusive, auto_delete, ..quorum(&[]) };
    let cases = [
        (declared(false, false, false), "non-durable"),
        (declared(true, false, true), "auto-delete"),
        (declared(false, true, false), "exclusive-owner"),
        (declared(false, true, true), "auto-delete"),
    ];
    for (declaration, property) in cases {
        assert_refused(&declaration, &format!("invalid property '{property}' for queue 'q' in vhost '/'"));
    }
    let text = "Cannot declare a server-named queue for type rabbit_quorum_queue";
    assert_eq!(check_server_named(&quorum(&[]).arguments, Like::default()), Err(text.to_owned()));
    assert_eq!(check_server_named(&declaration(&[]).arguments, Like::default()), Ok(()));
}

#[test]
fn errors_are_reported_in_rabbitmqs_order() {
    let dead_letters = ("x-dead-letter-exchange", int(1));
    let everything = [
        dead_letters,
        ("x-queue-type", int(1)),
        ("x-overflow", text("no")),
        ("x-expires", int(0)),
        ("x-max-age", int(1)),
    ];
    assert_refused(
        &declaration(&everything),
        "invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue 'q' in vhost '/'",
    );
    assert_invalid(&declaration(&everything[1..]), "x-queue-type", "{unacceptable_type,signedint}");
    assert_invalid(&declaration(&everything[2..]), "x-expires", "{value_zero,0}");
    let mut transient = quorum(&[("x-max-priority", int(1)), ("x-expires", int(-3))]);
    transient.durable = false;
    assert_invalid(&transient, "x-expires", "{value_negative,-3}");
    transient.arguments.insert("x-expires".into(), int(1));
    assert_refused(
        &transient,
        "invalid arg 'x-max-priority' for queue 'q' in vhost '/' of queue type rabbit_quorum_queue",
    );
}
