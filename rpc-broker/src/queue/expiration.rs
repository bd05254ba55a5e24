//! Parses the property `expiration` of a message.

use std::time::Duration;

use super::arguments::checks::{MAX_MILLISECONDS, reason};
use crate::{erlang_term::printed_string, properties::Properties};

/// Parses the milliseconds; `None` for a message without `expiration`.
///
/// # Errors
///
/// RabbitMQ's text of the 406, but without its line breaks in numbers of 20 digits and more.
pub(crate) fn parse(properties: &Properties) -> Result<Option<Duration>, String> {
    let Some(expiration) = properties.expiration() else { return Ok(None) };
    let invalid =
        |reason: String| format!("invalid expiration '{}': {reason}", String::from_utf8_lossy(expiration));
    milliseconds(expiration).map(|time| Some(Duration::from_millis(time))).map_err(invalid)
}

fn milliseconds(expiration: &[u8]) -> Result<u64, String> {
    let (sign, digits) = match expiration {
        [b'-', digits @ ..] => ("-", digits),
        [b'+', digits @ ..] => ("", digits),
        digits => ("", digits),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, leftover) = digits.split_at(length);
    if digits.is_empty() {
        return Err("no_integer".to_owned());
    }
    if !leftover.is_empty() {
        return Err(reason("leftover_string", printed_string(leftover)));
    }
    // Any number of digits is allowed; a number that does not fit is too large anyway.
    let digits = String::from_utf8_lossy(digits);
    let digits = digits.trim_start_matches('0');
    let number = if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok() };
    match number {
        Some(0) => Ok(0),
        _ if sign == "-" => Err(reason("value_negative", format!("-{digits}"))),
        Some(number) if number <= MAX_MILLISECONDS.unsigned_abs() => Ok(number),
        _ => Err(reason("value_too_large", digits)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn parse_text(expiration: &[u8]) -> Result<Option<Duration>, String> {
        let mut raw = vec![1, 0, u8::try_from(expiration.len()).unwrap()];
        raw.extend_from_slice(expiration);
        parse(&Properties::parse(Bytes::from(raw)).unwrap())
    }

    #[test]
    fn numbers_are_milliseconds() {
        assert_eq!(parse(&Properties::default()), Ok(None));
        for (text, expected) in
            [("0", 0), ("+5", 5), ("007", 7), ("-0", 0), ("315360000000", 315_360_000_000)]
        {
            assert_eq!(parse_text(text.as_bytes()), Ok(Some(Duration::from_millis(expected))), "{text}");
        }
    }

    #[test]
    fn errors_have_rabbitmqs_texts() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "'': no_integer"),
            (b"abc", "'abc': no_integer"),
            (b" 10", "' 10': no_integer"),
            (b"--1", "'--1': no_integer"),
            (b"+-3", "'+-3': no_integer"),
            (b"+", "'+': no_integer"),
            (b"-1", "'-1': {value_negative,-1}"),
            (b"-315360000001", "'-315360000001': {value_negative,-315360000001}"),
            (b"315360000001", "'315360000001': {value_too_large,315360000001}"),
            (b"00099999999999999999999", "'00099999999999999999999': {value_too_large,99999999999999999999}"),
            (b"10x", "'10x': {leftover_string,\"x\"}"),
            (b"10 ", "'10 ': {leftover_string,\" \"}"),
            (b"1.5", "'1.5': {leftover_string,\".5\"}"),
            (b"10\n", "'10\n': {leftover_string,\"\\n\"}"),
            (b"10\"x", "'10\"x': {leftover_string,\"\\\"x\"}"),
            (b"10\x01\x02", "'10\x01\x02': {leftover_string,[1,2]}"),
            ("\u{663}".as_bytes(), "'\u{663}': no_integer"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_text(text), Err(format!("invalid expiration {expected}")));
        }
    }
}
