//! The keys of `#[rpc(..)]` on a method.

use std::time::Duration;

use syn::{Attribute, Ident, LitStr};

use super::keys::{Keys, Place};
use crate::diagnostics::{ErrorKind, Errors};

const PLACE: Place = Place {
    name: "`#[rpc(..)]` on a method",
    example: "#[rpc(idempotent, timeout = \"5s\")]",
    known: &[
        "name",
        "routing_key",
        "queue",
        "request",
        "timeout",
        "idempotent",
        "at_most_once",
        "notify",
        "event",
        "bare",
        "blocking",
        "validate_result",
    ],
};

/// What the attributes of a method say.
pub(crate) struct MethodKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) routing_key: Option<LitStr>,
    pub(crate) queue: Option<LitStr>,
    pub(crate) request: Option<Ident>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotent: Option<Ident>,
    pub(crate) at_most_once: Option<Ident>,
    pub(crate) notify: Option<Ident>,
    pub(crate) event: Option<Ident>,
    pub(crate) bare: Option<Ident>,
    pub(crate) blocking: Option<Ident>,
    pub(crate) validate_result: Option<Ident>,
}

impl MethodKeys {
    /// Reads all `#[rpc(..)]` attributes of a method.
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut keys = Keys::of_attributes(attributes, &PLACE, errors);
        Self {
            name: keys.string("name", "compute", errors),
            routing_key: keys.string("routing_key", "fib.compute", errors),
            queue: keys.string("queue", "sums", errors),
            request: keys.type_name("request", errors),
            timeout: keys.string("timeout", "5s", errors).and_then(|text| timeout(&text, errors)),
            idempotent: keys.flag("idempotent", errors),
            at_most_once: keys.flag("at_most_once", errors),
            notify: keys.flag("notify", errors),
            event: keys.flag("event", errors),
            bare: keys.flag("bare", errors),
            blocking: keys.flag("blocking", errors),
            validate_result: keys.flag("validate_result", errors),
        }
    }
}

/// Reads a timeout above zero.
fn timeout(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    let written = text.value();
    let milliseconds = milliseconds(&written);
    if milliseconds.is_none() {
        errors.at(text, ErrorKind::TimeoutFormat { timeout: written });
    }
    milliseconds.map(Duration::from_millis)
}

/// `5s` is 5000; nothing for what is no whole number above zero with a unit.
fn milliseconds(written: &str) -> Option<u64> {
    let unit_at = written.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = written.split_at(unit_at);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|milliseconds| *milliseconds > 0)
}
