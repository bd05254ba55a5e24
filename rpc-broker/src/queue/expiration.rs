//! Parses the property `expiration` of a message.

use std::time::Duration;

use tokio::time::Instant;

use super::arguments::checks::{MAX_MILLISECONDS, reason};
use crate::{erlang_term::printed_string, like::Like, properties::Properties};

/// Parses the milliseconds; `None` for a message without `expiration`.
///
/// # Errors
///
/// The broker's text of the 406, but without RabbitMQ's line breaks in numbers of 20 digits and more.
pub(crate) fn parse(properties: &Properties, like: Like) -> Result<Option<Duration>, String> {
    let Some(expiration) = properties.expiration() else { return Ok(None) };
    if like.has_short_expirations() {
        return short(expiration).map(Some);
    }
    let invalid =
        |reason: String| format!("invalid expiration '{}': {reason}", String::from_utf8_lossy(expiration));
    milliseconds(expiration).map(|time| Some(Duration::from_millis(time))).map_err(invalid)
}

/// Parses the milliseconds as LavinMQ does: a number of 31 bits, between spaces.
fn short(expiration: &[u8]) -> Result<Duration, String> {
    let text = String::from_utf8_lossy(expiration);
    match text.trim().parse::<i32>() {
        Ok(number) => u64::try_from(number)
            .map(Duration::from_millis)
            .map_err(|_| "Negative expiration not allowed".to_owned()),
        Err(_) => Err("Expiration not a number".to_owned()),
    }
}

/// The clock by which messages expire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The first tick.
    pub(crate) started: Instant,
    /// `None` for a clock that is exact.
    pub(crate) tick: Option<Duration>,
}

impl Clock {
    /// When a message of this age expires. Its arrival and its time to live are rounded down to ticks.
    pub(crate) fn expiry(self, now: Instant, time_to_live: Duration) -> Instant {
        let Some(tick) = self.tick else { return now + time_to_live };
        let age = now.saturating_duration_since(self.started);
        self.started + rounded_down(age, tick) + rounded_down(time_to_live, tick)
    }
}

fn rounded_down(time: Duration, tick: Duration) -> Duration {
    let ticks = time.as_nanos() / tick.as_nanos().max(1);
    tick * u32::try_from(ticks).unwrap_or(u32::MAX)
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

    fn parse_like(like: Like, expiration: &[u8]) -> Result<Option<Duration>, String> {
        let mut raw = vec![1, 0, u8::try_from(expiration.len()).unwrap()];
        raw.extend_from_slice(expiration);
        parse(&Properties::parse(Bytes::from(raw)).unwrap(), like)
    }

    fn parse_text(expiration: &[u8]) -> Result<Option<Duration>, String> {
        parse_like(Like::RabbitMq3_10, expiration)
    }

    #[test]
    fn on_lavinmq_numbers_have_31_bits() {
        for (text, expected) in [("0", 0), (" +5 ", 5), ("2147483647", 2_147_483_647)] {
            let expected = Ok(Some(Duration::from_millis(expected)));
            assert_eq!(parse_like(Like::LavinMq, text.as_bytes()), expected, "{text}");
        }
        for text in ["2147483648", "", "1e3", "1.5", "4294967295"] {
            let expected = Err("Expiration not a number".to_owned());
            assert_eq!(parse_like(Like::LavinMq, text.as_bytes()), expected, "{text}");
        }
        let negative = Err("Negative expiration not allowed".to_owned());
        assert_eq!(parse_like(Like::LavinMq, b"-1"), negative);
    }

    #[test]
    fn on_a_coarse_clock_messages_expire_up_to_two_ticks_early() {
        let started = Instant::now();
        let at = |milliseconds| started + Duration::from_millis(milliseconds);
        let expiry = |tick, now, time| Clock { started, tick }.expiry(at(now), Duration::from_millis(time));
        assert_eq!(expiry(None, 399, 250), at(649));
        let tick = Some(Duration::from_millis(100));
        for (now, time, expected) in [(300, 99, 300), (399, 99, 300), (399, 100, 400), (399, 299, 500)] {
            assert_eq!(expiry(tick, now, time), at(expected), "{now} {time}");
        }
    }

    #[test]
    fn numbers_are_milliseconds() {
        assert_eq!(parse(&Properties::default(), Like::default()), Ok(None));
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
