//! Compares and prints argument values as Erlang does: RabbitMQ's equality of arguments, and the values in
//! its reply texts.

use amq_protocol::types::{AMQPValue, FieldTable};

/// RabbitMQ's name of a value's type.
pub(crate) fn type_name(value: &AMQPValue) -> &'static str {
    match value {
        AMQPValue::Boolean(_) => "bool",
        AMQPValue::ShortShortInt(_) => "byte",
        AMQPValue::ShortShortUInt(_) => "unsignedbyte",
        AMQPValue::ShortInt(_) => "short",
        AMQPValue::ShortUInt(_) => "unsignedshort",
        AMQPValue::LongInt(_) => "signedint",
        AMQPValue::LongUInt(_) => "unsignedint",
        AMQPValue::LongLongInt(_) => "long",
        AMQPValue::Float(_) => "float",
        AMQPValue::Double(_) => "double",
        AMQPValue::DecimalValue(_) => "decimal",
        // Short strings have no type tag, so that none arrive.
        AMQPValue::ShortString(_) | AMQPValue::LongString(_) => "longstr",
        AMQPValue::FieldArray(_) => "array",
        AMQPValue::Timestamp(_) => "timestamp",
        AMQPValue::FieldTable(_) => "table",
        AMQPValue::ByteArray(_) => "binary",
        AMQPValue::Void => "void",
    }
}

/// Returns an integer of any width. A timestamp is not an integer.
pub(crate) fn integer(value: &AMQPValue) -> Option<i64> {
    match *value {
        AMQPValue::ShortShortInt(number) => Some(number.into()),
        AMQPValue::ShortShortUInt(number) => Some(number.into()),
        AMQPValue::ShortInt(number) => Some(number.into()),
        AMQPValue::ShortUInt(number) => Some(number.into()),
        AMQPValue::LongInt(number) => Some(number.into()),
        AMQPValue::LongUInt(number) => Some(number.into()),
        AMQPValue::LongLongInt(number) => Some(number),
        _ => None,
    }
}

/// Returns whether two values are equal, regardless of their types: 1 equals 1.0, and strings are compared as
/// bytes.
pub(crate) fn are_equal(one: &AMQPValue, other: &AMQPValue) -> bool {
    compare(one, other, true)
}

/// Returns whether two values are equal, regardless of their types, except that an integer never equals a
/// float.
pub(crate) fn are_identical(one: &AMQPValue, other: &AMQPValue) -> bool {
    compare(one, other, false)
}

fn compare(one: &AMQPValue, other: &AMQPValue, mixed: bool) -> bool {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => return one.equals(other, mixed),
        (None, None) => {}
        _ => return false,
    }
    match (binary(one), binary(other)) {
        (Some(one), Some(other)) => return one == other,
        (None, None) => {}
        _ => return false,
    }
    match (one, other) {
        (AMQPValue::FieldTable(one), AMQPValue::FieldTable(other)) => compare_tables(one, other, mixed),
        (AMQPValue::FieldArray(one), AMQPValue::FieldArray(other)) => {
            let (one, other) = (one.as_slice(), other.as_slice());
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| compare_nested(one, other, mixed))
        }
        (one, other) => one == other,
    }
}

fn compare_tables(one: &FieldTable, other: &FieldTable, mixed: bool) -> bool {
    let (one, other) = (one.inner(), other.inner());
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && compare_nested(one.1, other.1, mixed))
}

/// Nested values must have the same type as well.
fn compare_nested(one: &AMQPValue, other: &AMQPValue, mixed: bool) -> bool {
    type_name(one) == type_name(other) && compare(one, other, mixed)
}

#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    #[expect(
        clippy::float_cmp,
        clippy::cast_possible_truncation,
        reason = "equal means equal, to the last bit"
    )]
    fn equals(self, other: Self, mixed: bool) -> bool {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one == other,
            (Self::Integer(integer), Self::Float(float)) | (Self::Float(float), Self::Integer(integer)) => {
                mixed && float.fract() == 0.0 && float as i128 == integer
            }
        }
    }
}

fn number(value: &AMQPValue) -> Option<Number> {
    match *value {
        AMQPValue::Timestamp(seconds) => Some(Number::Integer(seconds.into())),
        AMQPValue::Float(float) => Some(Number::Float(float.into())),
        AMQPValue::Double(float) => Some(Number::Float(float)),
        _ => integer(value).map(|integer| Number::Integer(integer.into())),
    }
}

fn binary(value: &AMQPValue) -> Option<&[u8]> {
    match value {
        AMQPValue::LongString(text) => Some(text.as_bytes()),
        AMQPValue::ShortString(text) => Some(text.as_str().as_bytes()),
        AMQPValue::ByteArray(bytes) => Some(bytes.as_slice()),
        _ => None,
    }
}

/// Prints a value in a reply text: strings without quotes, all other values as Erlang prints them.
pub(crate) fn plain(value: &AMQPValue) -> String {
    binary(value).map_or_else(|| printed(value), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Prints a value as Erlang does, on one line.
pub(crate) fn printed(value: &AMQPValue) -> String {
    match value {
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::Float(value) => printed_float((*value).into()),
        AMQPValue::Double(value) => printed_float(*value),
        AMQPValue::Timestamp(seconds) => seconds.to_string(),
        AMQPValue::DecimalValue(decimal) => format!("{{{},{}}}", decimal.scale, decimal.value),
        AMQPValue::Void => "undefined".to_owned(),
        AMQPValue::FieldTable(table) => {
            let entry = |(name, value): (&_, &_)| {
                let name = printed_bytes(str::as_bytes(amq_protocol::types::ShortString::as_str(name)));
                format!("{{{name},{},{}}}", type_name(value), printed(value))
            };
            list(table.inner().iter().map(entry))
        }
        AMQPValue::FieldArray(array) => {
            list(array.as_slice().iter().map(|value| format!("{{{},{}}}", type_name(value), printed(value))))
        }
        value => match (integer(value), binary(value)) {
            (Some(integer), _) => integer.to_string(),
            (None, bytes) => printed_bytes(bytes.unwrap_or_default()),
        },
    }
}

fn list(entries: impl Iterator<Item = String>) -> String {
    format!("[{}]", entries.collect::<Vec<_>>().join(","))
}

/// Prints `<<"text">>` when the bytes are printable, else `<<1,2,3>>`.
pub(crate) fn printed_bytes(bytes: &[u8]) -> String {
    let Some(text) = quoted(bytes) else {
        let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
        return format!("<<{}>>", numbers.join(","));
    };
    if text.is_empty() { "<<>>".to_owned() } else { format!("<<\"{text}\">>") }
}

/// Prints a list of characters: `"text"` when they are printable, else `[1,2,3]`.
pub(crate) fn printed_string(characters: &[u8]) -> String {
    match quoted(characters) {
        Some(text) if !text.is_empty() => format!("\"{text}\""),
        _ => list(characters.iter().map(u8::to_string)),
    }
}

/// Prints the shortest digits of a number, with an exponent only where that is shorter.
fn printed_float(value: f64) -> String {
    let positional = format!("{value:?}");
    if positional.contains('e') {
        return with_exponent(value);
    }
    let scientific = with_exponent(value);
    if positional.len() <= scientific.len() { positional } else { scientific }
}

fn with_exponent(value: f64) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

/// Prints the inside of a string literal, when the bytes are printable Latin-1. They are shown as UTF-8,
/// which clients send.
fn quoted(bytes: &[u8]) -> Option<String> {
    let mut quoted = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => quoted.extend_from_slice(&[b'\\', byte]),
            b'\n' => quoted.extend_from_slice(b"\\n"),
            b'\r' => quoted.extend_from_slice(b"\\r"),
            b'\t' => quoted.extend_from_slice(b"\\t"),
            0x08 => quoted.extend_from_slice(b"\\b"),
            0x0b => quoted.extend_from_slice(b"\\v"),
            0x0c => quoted.extend_from_slice(b"\\f"),
            0x1b => quoted.extend_from_slice(b"\\e"),
            b' '..=b'~' | 0xa0..=0xff => quoted.push(byte),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&quoted).into_owned())
}

#[cfg(test)]
mod tests {
    use amq_protocol::types::{DecimalValue, FieldArray};

    use super::*;

    fn table(name: &str, value: AMQPValue) -> AMQPValue {
        let mut table = FieldTable::default();
        table.insert(name.into(), value);
        AMQPValue::FieldTable(table)
    }

    #[test]
    fn types_count_only_in_nested_values() {
        use AMQPValue::{ByteArray, Double, Float, LongInt, LongLongInt, LongString, Timestamp, Void};
        let cases = [
            (LongInt(1), LongLongInt(1), true, true),
            (LongInt(1), Double(1.0), true, false),
            (Double(1.5), LongInt(1), false, false),
            (Float(0.5), Double(0.5), true, true),
            (LongInt(5), Timestamp(5), true, true),
            (Timestamp(u64::MAX), LongLongInt(-1), false, false),
            (LongString("x".into()), ByteArray(b"x"[..].into()), true, true),
            (LongString("1".into()), LongInt(1), false, false),
            (AMQPValue::Boolean(true), LongInt(1), false, false),
            (Void, Void, true, true),
            (Void, LongString("undefined".into()), false, false),
            (table("a", LongInt(1)), table("a", LongInt(1)), true, true),
            (table("a", LongInt(1)), table("a", LongLongInt(1)), false, false),
            (table("a", LongInt(1)), table("b", LongInt(1)), false, false),
            (table("a", LongInt(1)), AMQPValue::FieldTable(FieldTable::default()), false, false),
        ];
        for (one, other, equal, identical) in cases {
            assert_eq!(are_equal(&one, &other), equal, "{one:?} {other:?}");
            assert_eq!(are_equal(&other, &one), equal, "{other:?} {one:?}");
            assert_eq!(are_identical(&one, &other), identical, "{one:?} {other:?}");
        }
    }

    #[test]
    fn values_are_printed_as_erlang_does() {
        let array =
            FieldArray::from(vec![AMQPValue::LongInt(1), AMQPValue::LongString("x".into()), AMQPValue::Void]);
        let cases = [
            (AMQPValue::LongInt(-3), "-3"),
            (AMQPValue::Boolean(true), "true"),
            (AMQPValue::Double(1.5), "1.5"),
            (AMQPValue::Float(1.0), "1.0"),
            (AMQPValue::Double(600_000.0), "6.0e5"),
            (AMQPValue::Double(-1000.0), "-1.0e3"),
            (AMQPValue::Double(100.0), "100.0"),
            (AMQPValue::Double(123_456.75), "123456.75"),
            (AMQPValue::Double(0.001), "0.001"),
            (AMQPValue::Double(1.5e-7), "1.5e-7"),
            (AMQPValue::Double(1e300), "1.0e300"),
            (AMQPValue::Double(123_456_789_012_345_680.0), "1.2345678901234568e17"),
            (AMQPValue::Double(0.0), "0.0"),
            (AMQPValue::Void, "undefined"),
            (AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 7 }), "{2,7}"),
            (AMQPValue::LongString("".into()), "<<>>"),
            (AMQPValue::LongString("a \"b\"\n".into()), r#"<<"a \"b\"\n">>"#),
            (AMQPValue::LongString("\u{fc}".into()), "<<\"\u{fc}\">>"),
            (AMQPValue::ByteArray(vec![1, 2].into()), "<<1,2>>"),
            (table("a", AMQPValue::LongInt(1)), r#"[{<<"a">>,signedint,1}]"#),
            (AMQPValue::FieldArray(array), r#"[{signedint,1},{longstr,<<"x">>},{void,undefined}]"#),
        ];
        for (value, expected) in cases {
            assert_eq!(printed(&value), expected);
        }
        let strings: [(&[u8], &str); 4] =
            [(b"x", "\"x\""), (b"", "[]"), (b"\x01\x02", "[1,2]"), (b"a\"b", "\"a\\\"b\"")];
        for (characters, expected) in strings {
            assert_eq!(printed_string(characters), expected);
        }
        assert_eq!(plain(&AMQPValue::LongString("a b".into())), "a b");
        assert_eq!(plain(&AMQPValue::LongInt(1)), "1");
    }
}
