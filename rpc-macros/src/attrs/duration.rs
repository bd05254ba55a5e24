//! Parses durations such as `5s`: the value of `timeout`.

use std::time::Duration;

/// Parses a whole number above zero with one of the units `ms`, `s`, `m` and `h`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let milliseconds = number.parse::<u64>().ok()?.checked_mul(factor)?;
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}
