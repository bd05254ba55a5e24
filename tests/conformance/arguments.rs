//! Parses the arguments of a script's line: positional ones, flags, `key=value` fields. Values of field
//! tables have one notation for scripts and transcripts.

use amq_protocol::types::{AMQPValue, DecimalValue, FieldTable};

/// Arguments that set a bit of a method.
const FLAGS: &[&str] = &[
    "passive",
    "durable",
    "exclusive",
    "auto-delete",
    "nowait",
    "internal",
    "no-ack",
    "no-local",
    "mandatory",
    "immediate",
    "multiple",
    "requeue",
    "global",
    "if-unused",
    "if-empty",
    "no-capabilities",
];

/// The arguments after the command of a line.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    positional: Vec<String>,
    flags: Vec<String>,
    fields: Vec<(String, AMQPValue)>,
}

impl Arguments {
    pub(crate) fn parse(text: &str) -> Self {
        let mut arguments = Self::default();
        for token in tokens(text) {
            if FLAGS.contains(&token) {
                arguments.flags.push(token.to_owned());
            } else if let Some((key, value)) = field(token) {
                arguments.fields.push((key.to_owned(), parse_value(value)));
            } else {
                arguments.positional.push(unquoted(token));
            }
        }
        arguments
    }

    /// Returns a positional argument; empty when the line has fewer.
    pub(crate) fn positional(&self, index: usize) -> String {
        self.positional.get(index).cloned().unwrap_or_default()
    }

    pub(crate) fn number<N: std::str::FromStr>(&self, index: usize) -> N {
        let word = self.positional(index);
        word.parse().unwrap_or_else(|_| panic!("{word:?} is not the number that argument {index} must be"))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        assert!(FLAGS.contains(&name), "{name} is not a known flag");
        self.flags.iter().any(|flag| flag == name)
    }

    /// Removes and returns a field. The fields that are left become the table `arguments`.
    pub(crate) fn take(&mut self, key: &str) -> Option<AMQPValue> {
        let index = self.fields.iter().position(|(name, _)| name == key)?;
        Some(self.fields.remove(index).1)
    }

    pub(crate) fn take_text(&mut self, key: &str) -> Option<String> {
        Some(match self.take(key)? {
            AMQPValue::LongString(text) => text.to_string(),
            number => show_value(&number),
        })
    }

    pub(crate) fn put_text(&mut self, key: &str, text: &str) {
        self.fields.push((key.to_owned(), AMQPValue::LongString(text.as_bytes().into())));
    }

    pub(crate) fn take_number<N: TryFrom<i64>>(&mut self, key: &str) -> Option<N> {
        let AMQPValue::LongInt(number) = self.take(key)? else { panic!("{key} must be a number") };
        Some(N::try_from(i64::from(number)).unwrap_or_else(|_| panic!("{key}={number} is out of range")))
    }

    pub(crate) fn rest(&mut self) -> FieldTable {
        let mut table = FieldTable::default();
        for (key, value) in self.fields.drain(..) {
            table.insert(key.as_str().into(), value);
        }
        table
    }
}

/// Splits at spaces (or at `separator`) outside quotes and brackets.
fn split(text: &str, separator: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            other if !quoted && depth == 0 && separator(other) => {
                parts.push(&text[start..at]);
                start = at + other.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

pub(crate) fn tokens(text: &str) -> Vec<&str> {
    split(text, char::is_whitespace)
}

fn field(token: &str) -> Option<(&str, &str)> {
    if token.starts_with(['"', '[', '{', '#']) {
        return None;
    }
    token.split_once('=').filter(|(key, _)| !key.is_empty())
}

fn unquoted(token: &str) -> String {
    match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => unescaped(inside),
        None => token.to_owned(),
    }
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('0') => '\0',
                Some('n') => '\n',
                Some(same) => same,
                None => panic!("a backslash ends {text:?}"),
            },
            same => same,
        });
    }
    plain
}

/// Parses a value: `5` has the type `I`; a letter after a number is its type in the protocol (`5l`, `5b`,
/// `1.5d`).
pub(crate) fn parse_value(text: &str) -> AMQPValue {
    if let Some(inside) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let mut table = FieldTable::default();
        for entry in split(inside, |separator| separator == ',') {
            let (key, value) = entry.split_once('=').unwrap_or_else(|| panic!("{entry:?} is not key=value"));
            table.insert(unquoted(key).as_str().into(), parse_value(value));
        }
        return AMQPValue::FieldTable(table);
    }
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let values: Vec<_> =
            split(inside, |separator| separator == ',').into_iter().map(parse_value).collect();
        return AMQPValue::FieldArray(values.into());
    }
    match text {
        "true" => AMQPValue::Boolean(true),
        "false" => AMQPValue::Boolean(false),
        "void" => AMQPValue::Void,
        _ => parse_number(text).unwrap_or_else(|| AMQPValue::LongString(unquoted(text).into_bytes().into())),
    }
}

fn parse_number(text: &str) -> Option<AMQPValue> {
    if let Ok(number) = text.parse() {
        return Some(AMQPValue::LongInt(number));
    }
    if let Some(seconds) = text.strip_prefix('T').and_then(|seconds| seconds.parse().ok()) {
        return Some(AMQPValue::Timestamp(seconds));
    }
    let (number, kind) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !number.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    match kind {
        "l" => number.parse().ok().map(AMQPValue::LongLongInt),
        "b" => number.parse().ok().map(AMQPValue::ShortShortInt),
        "B" => number.parse().ok().map(AMQPValue::ShortShortUInt),
        "s" => number.parse().ok().map(AMQPValue::ShortInt),
        "u" => number.parse().ok().map(AMQPValue::ShortUInt),
        "i" => number.parse().ok().map(AMQPValue::LongUInt),
        "f" => number.parse().ok().map(AMQPValue::Float),
        "d" => number.parse().ok().map(AMQPValue::Double),
        "D" => number.parse().ok().map(|value| AMQPValue::DecimalValue(DecimalValue { scale: 2, value })),
        "x" => Some(AMQPValue::ByteArray(number.as_bytes().into())),
        _ => None,
    }
}

pub(crate) fn show_value(value: &AMQPValue) -> String {
    match value {
        AMQPValue::Boolean(boolean) => boolean.to_string(),
        AMQPValue::ShortShortInt(number) => format!("{number}b"),
        AMQPValue::ShortShortUInt(number) => format!("{number}B"),
        AMQPValue::ShortInt(number) => format!("{number}s"),
        AMQPValue::ShortUInt(number) => format!("{number}u"),
        AMQPValue::LongInt(number) => number.to_string(),
        AMQPValue::LongUInt(number) => format!("{number}i"),
        AMQPValue::LongLongInt(number) => format!("{number}l"),
        AMQPValue::Float(number) => format!("{number}f"),
        AMQPValue::Double(number) => format!("{number}d"),
        AMQPValue::DecimalValue(number) => format!("{}D(scale {})", number.value, number.scale),
        AMQPValue::ShortString(text) => quoted(text.as_str()),
        AMQPValue::LongString(text) => show_bytes(text.as_bytes()),
        AMQPValue::FieldArray(values) => {
            let values: Vec<_> = values.as_slice().iter().map(show_value).collect();
            format!("[{}]", values.join(", "))
        }
        AMQPValue::Timestamp(seconds) => format!("T{seconds}"),
        AMQPValue::FieldTable(table) => show_table(table),
        AMQPValue::ByteArray(bytes) => format!("{}x", show_bytes(bytes.as_slice())),
        AMQPValue::Void => "void".to_owned(),
    }
}

pub(crate) fn show_table(table: &FieldTable) -> String {
    let entries: Vec<_> = table
        .into_iter()
        .map(|(key, value)| match value {
            // The time of a death differs from run to run.
            AMQPValue::Timestamp(_) if key.as_str() == "time" => format!("{key}=T?"),
            value => format!("{key}={}", show_value(value)),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Shows text as text, other bytes in hexadecimal, and long values by length and checksum.
pub(crate) fn show_bytes(bytes: &[u8]) -> String {
    if bytes.len() > 400 {
        let sum = bytes.iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        return format!("<{} bytes, sum {sum:08x}>", bytes.len());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => quoted(text),
        Err(_) => format!("0x{}", hex(bytes)),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|digit| {
            digit.to_digit(16).unwrap_or_else(|| panic!("{digit:?} in {text:?} is not a hexadecimal digit"))
                as u8
        })
        .collect();
    assert!(digits.len().is_multiple_of(2), "{text:?} ends within a byte");
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}
