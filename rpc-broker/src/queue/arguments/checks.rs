//! Checks the values of arguments, and words the errors as RabbitMQ does.

use std::fmt::Display;

use amq_protocol::types::{AMQPValue, FieldTable, ShortString};

use crate::erlang_term::{integer, printed_string, type_name};

/// Checks a value; the second parameter is all arguments. The error is the end of a reply text.
pub(crate) type Check = fn(&AMQPValue, &FieldTable) -> Result<(), String>;

/// Ten years, in milliseconds.
pub(crate) const MAX_MILLISECONDS: i64 = 315_360_000_000;

/// Checks the arguments that are given, in the order of the checks.
pub(crate) fn run(checks: &[(&str, Check)], arguments: &FieldTable, resource: &str) -> Result<(), String> {
    for (name, check) in checks {
        if let Some(value) = arguments.inner().get(*name) {
            check(value, arguments)
                .map_err(|reason| format!("invalid arg '{name}' for {resource}: {reason}"))?;
        }
    }
    Ok(())
}

pub(crate) fn is_integer(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    expect_integer(value).map(|_| ())
}

pub(crate) fn boolean(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    match value {
        AMQPValue::Boolean(_) => Ok(()),
        other => Err(unacceptable_type(other)),
    }
}

pub(super) fn not_negative(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    expect_count(value).map(|_| ())
}

pub(super) fn group_size(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    if expect_count(value)? == 0 { Err(reason("value_zero", 0)) } else { Ok(()) }
}

pub(super) fn milliseconds(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    check_milliseconds(expect_integer(value)?)
}

pub(super) fn expires(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    match expect_integer(value)? {
        0 => Err(reason("value_zero", 0)),
        time => check_milliseconds(time),
    }
}

pub(super) fn priority(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    let most = expect_count(value)?;
    if most > 255 { Err(reason("max_value_exceeded", most)) } else { Ok(()) }
}

pub(super) fn queue_version(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    match expect_count(value)? {
        1 | 2 => Ok(()),
        other => Err(printed_string(format!("unsupported queue version '{other}'").as_bytes())),
    }
}

pub(super) fn overflow(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    one_of(value, &["drop-head", "reject-publish", "reject-publish-dlx"], |_| "invalid_overflow".to_owned())
}

pub(super) fn dead_letter_strategy(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    one_of(value, &["at-most-once", "at-least-once"], |_| "invalid_dlx_strategy".to_owned())
}

pub(super) fn leader_locator(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    let known = ["client-local", "balanced", "random", "least-leaders"];
    one_of(value, &known, |_| "invalid_queue_locator_arg".to_owned())
}

/// RabbitMQ does not check this value, and closes the connection with 541 for any other.
pub(super) fn master_locator(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    let known = ["client-local", "min-masters", "random"];
    one_of(value, &known, |_| "invalid_queue_locator_arg".to_owned())
}

pub(super) fn queue_mode(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    one_of(value, &["default", "lazy"], |text| unsupported("queue mode", text))
}

pub(super) fn queue_type(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    one_of(value, &["classic", "quorum"], |text| match text {
        b"stream" => printed_string(b"this broker has no queues of type 'stream'"),
        _ => unsupported("queue type", text),
    })
}

pub(super) fn name(value: &AMQPValue, _: &FieldTable) -> Result<(), String> {
    let AMQPValue::LongString(_) = value else { return Err(unacceptable_type(value)) };
    match short_string(value) {
        Some(_) => Ok(()),
        None => Err(printed_string(b"expected UTF-8 of at most 255 bytes")),
    }
}

pub(super) fn dead_letter_routing_key(value: &AMQPValue, arguments: &FieldTable) -> Result<(), String> {
    let AMQPValue::LongString(_) = value else { return Err(unacceptable_type(value)) };
    if !arguments.contains_key(super::DEAD_LETTER_EXCHANGE) {
        return Err("routing_key_but_no_dlx_defined".to_owned());
    }
    name(value, arguments)
}

/// Converts a long string to a short string, which the fields of a message need.
pub(super) fn short_string(value: &AMQPValue) -> Option<ShortString> {
    let AMQPValue::LongString(text) = value else { return None };
    ShortString::try_new(std::str::from_utf8(text.as_bytes()).ok()?).ok()
}

/// Prints a reason such as `{value_negative,-1}`.
pub(crate) fn reason(name: &str, value: impl Display) -> String {
    format!("{{{name},{value}}}")
}

fn check_milliseconds(time: i64) -> Result<(), String> {
    match time {
        ..0 => Err(reason("value_negative", time)),
        0..=MAX_MILLISECONDS => Ok(()),
        _ => Err(reason("value_too_large", time)),
    }
}

fn expect_integer(value: &AMQPValue) -> Result<i64, String> {
    let error = || printed_string(format!("expected integer, got {}", type_name(value)).as_bytes());
    integer(value).ok_or_else(error)
}

fn expect_count(value: &AMQPValue) -> Result<i64, String> {
    match expect_integer(value)? {
        negative @ ..0 => Err(reason("value_negative", negative)),
        count => Ok(count),
    }
}

fn one_of(value: &AMQPValue, known: &[&str], error: impl Fn(&[u8]) -> String) -> Result<(), String> {
    match value {
        AMQPValue::LongString(text) if known.iter().any(|known| known.as_bytes() == text.as_bytes()) => {
            Ok(())
        }
        AMQPValue::LongString(text) => Err(error(text.as_bytes())),
        other => Err(unacceptable_type(other)),
    }
}

fn unsupported(what: &str, text: &[u8]) -> String {
    printed_string(&[format!("unsupported {what} '").as_bytes(), text, b"'"].concat())
}

fn unacceptable_type(value: &AMQPValue) -> String {
    reason("unacceptable_type", type_name(value))
}
