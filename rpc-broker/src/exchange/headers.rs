//! Matches the headers of a message with the arguments of a binding, for headers exchanges.

use amq_protocol::types::{AMQPValue, FieldTable};

use crate::{
    erlang_term::{are_equal, printed, type_name},
    like::Like,
    properties::{Table, to_amqp_value},
};

const X_MATCH: &str = "x-match";

#[derive(Clone, Copy)]
struct Match {
    any: bool,
    /// Whether headers whose names start with `x-` are compared.
    with_x: bool,
}

impl Match {
    fn parse(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"all" => Self { any: false, with_x: false },
            b"any" => Self { any: true, with_x: false },
            b"all-with-x" => Self { any: false, with_x: true },
            b"any-with-x" => Self { any: true, with_x: true },
            _ => return None,
        })
    }

    fn of(arguments: &FieldTable) -> Self {
        let named = match arguments.inner().get(X_MATCH) {
            Some(AMQPValue::LongString(name)) => Self::parse(name.as_bytes()),
            _ => None,
        };
        named.unwrap_or(Self { any: false, with_x: false })
    }

    fn counts(self, name: &str) -> bool {
        name != X_MATCH && (self.with_x || !name.starts_with("x-"))
    }
}

/// # Errors
///
/// The broker's text when `x-match` has an unknown value.
pub(super) fn check(arguments: &FieldTable, like: Like) -> Result<(), String> {
    if !like.has_x_match_with_x() {
        return match arguments.inner().get(X_MATCH) {
            None => Ok(()),
            Some(AMQPValue::LongString(name)) if matches!(name.as_bytes(), b"any" | b"all") => Ok(()),
            Some(_) => Err("x-match must be 'any' or 'all'".to_owned()),
        };
    }
    match arguments.inner().get(X_MATCH) {
        None => Ok(()),
        Some(AMQPValue::LongString(name)) if Match::parse(name.as_bytes()).is_some() => Ok(()),
        Some(name @ AMQPValue::LongString(_)) => Err(format!(
            "Invalid x-match field value {}; expected all, any, all-with-x, or any-with-x",
            printed(name)
        )),
        Some(other) => Err(format!(
            "Invalid x-match field type {} (value {}); expected longstr",
            type_name(other),
            printed(other)
        )),
    }
}

/// With no headers to compare, "all" matches every message and "any" none. Of headers with equal names the
/// first counts.
pub(super) fn matches(arguments: &FieldTable, headers: &Table) -> bool {
    let mode = Match::of(arguments);
    let mut wanted = arguments.inner().iter().filter(|(name, _)| mode.counts(name.as_str()));
    let mut is_met = |(name, value): (&amq_protocol::types::ShortString, &AMQPValue)| {
        let Some(header) = headers.get(name.as_str()) else { return false };
        // A void value only requires that the header exists.
        matches!(value, AMQPValue::Void)
            || to_amqp_value(header).is_some_and(|header| are_equal(value, &header))
    };
    if mode.any { wanted.any(&mut is_met) } else { wanted.all(is_met) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Value;

    fn arguments(entries: &[(&str, AMQPValue)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in entries {
            table.insert((*name).into(), value.clone());
        }
        table
    }

    fn text(text: &str) -> AMQPValue {
        AMQPValue::LongString(text.into())
    }

    #[test]
    fn all_and_any_with_and_without_x() {
        let wanted = |how: &str| {
            arguments(&[("x-match", text(how)), ("a", text("1")), ("b", text("2")), ("x-c", text("3"))])
        };
        let headers = |entries: &[(&'static str, &str)]| -> Table {
            entries.iter().map(|(name, value)| (*name, Value::text(value))).collect()
        };
        // (headers, all, any, all-with-x, any-with-x), as RabbitMQ 3.10.8 routes them.
        type Case = (&'static [(&'static str, &'static str)], [bool; 4]);
        let cases: &[Case] = &[
            (&[], [false, false, false, false]),
            (&[("a", "1")], [false, true, false, true]),
            (&[("a", "1"), ("b", "2")], [true, true, false, true]),
            (&[("a", "1"), ("b", "2"), ("x-c", "3")], [true, true, true, true]),
            (&[("x-c", "3")], [false, false, false, true]),
            (&[("a", "2"), ("b", "1")], [false, false, false, false]),
            (&[("z", "1"), ("b", "2"), ("a", "1")], [true, true, false, true]),
            (&[("a", "1"), ("a", "9"), ("b", "2")], [true, true, false, true]),
            (&[("a", "9"), ("a", "1"), ("b", "2")], [false, true, false, true]),
        ];
        for (entries, expected) in cases {
            for (how, expected) in ["all", "any", "all-with-x", "any-with-x"].into_iter().zip(expected) {
                assert_eq!(matches(&wanted(how), &headers(entries)), *expected, "{how} {entries:?}");
            }
        }
    }

    #[test]
    fn without_headers_to_compare_all_matches_and_any_does_not() {
        let nothing = Table::default();
        assert!(matches(&FieldTable::default(), &nothing));
        assert!(matches(&arguments(&[("x-match", text("all")), ("x-other", text("1"))]), &nothing));
        assert!(!matches(&arguments(&[("x-match", text("any"))]), &nothing));
    }

    #[test]
    fn values_of_different_types_can_be_equal() {
        let nested = Table::from_iter([("k", Value::I32(1))]);
        let cases = [
            (AMQPValue::LongInt(1), Value::I64(1), true),
            (AMQPValue::LongInt(1), Value::F64(1.0), true),
            (AMQPValue::LongInt(1), Value::text("1"), false),
            (AMQPValue::Void, Value::text("anything"), true),
            (AMQPValue::Void, Value::Void, true),
            (text("x"), Value::Void, false),
            (text("x"), Value::Bytes(b"x"[..].into()), true),
            (AMQPValue::FieldTable(arguments(&[("k", AMQPValue::LongInt(1))])), Value::table(&nested), true),
        ];
        for (wanted, header, expected) in cases {
            let case = format!("{wanted:?} {header:?}");
            let headers = Table::from_iter([("h", header)]);
            assert_eq!(matches(&arguments(&[("h", wanted)]), &headers), expected, "{case}");
        }
    }

    #[test]
    fn x_match_has_four_values() {
        for how in ["all", "any", "all-with-x", "any-with-x"] {
            assert_eq!(check(&arguments(&[("x-match", text(how))]), Like::RabbitMq3_10), Ok(()));
        }
        let cases = [
            (text("bogus"), r#"value <<"bogus">>; expected all, any, all-with-x, or any-with-x"#),
            (text(""), "value <<>>; expected all, any, all-with-x, or any-with-x"),
            (AMQPValue::LongInt(3), "type signedint (value 3); expected longstr"),
            (AMQPValue::Void, "type void (value undefined); expected longstr"),
            (AMQPValue::Boolean(true), "type bool (value true); expected longstr"),
        ];
        for (value, expected) in cases {
            let error = check(&arguments(&[("x-match", value)]), Like::RabbitMq3_10).unwrap_err();
            assert_eq!(error, format!("Invalid x-match field {expected}"));
        }
    }
    #[test]
    fn on_lavinmq_x_match_has_two_values() {
        let check = |value| check(&arguments(&[("x-match", value)]), Like::LavinMq);
        assert_eq!([check(text("all")), check(text("any"))], [Ok(()), Ok(())]);
        for refused in [text("all-with-x"), text("any-with-x"), text(""), AMQPValue::LongInt(3)] {
            assert_eq!(check(refused), Err("x-match must be 'any' or 'all'".to_owned()));
        }
        assert_eq!(super::check(&FieldTable::default(), Like::LavinMq), Ok(()));
    }
}
