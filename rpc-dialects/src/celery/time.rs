//! Points of time as ISO 8601, as Python writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Days from 1970 to a date of the Gregorian calendar, with years that begin in March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// The date that is so many days after 1970 began: year, month, day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let date = (month + 2) % 12 + 1;
    (era * 400 + year + i64::from(date <= 2), date, day_of_year - (153 * month + 2) / 5 + 1)
}

/// A point of time in UTC, such as `2026-11-28T19:35:42.702123+00:00`.
pub(super) fn write(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2);
    let (year, month, day) = date_of(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}+00:00")
}

/// Reads a point of time. Without a time zone it is UTC. `None` for what is no such text, or before 1970.
pub(super) fn read(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once(['T', ' '])?;
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && year <= 9999;
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let east = match offset.strip_prefix(['+', '-']) {
        Some(zone) => {
            let [hours, minutes] = numbers(zone, ':')?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if offset.starts_with('-') { -1 } else { 1 }
        }
        None if offset == "Z" => 0,
        None => return None,
    };
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let seconds = days_of(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - east;
    Some(UNIX_EPOCH + Duration::new(u64::try_from(seconds).ok()?, nanoseconds))
}

/// So many numbers, of at most four digits.
fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let number = |part: &str| {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse().ok())?
    };
    let numbers: Option<Vec<i64>> = text.split(separator).map(number).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_python() {
        for (text, seconds, nanoseconds) in [
            ("2026-11-28T19:35:42.702123+00:00", 1_795_894_542, 702_123_000),
            ("1970-01-01T00:00:00", 0, 0),
            ("2000-02-29 23:59:59Z", 951_868_799, 0),
            ("2024-03-01T01:00:00+02:00", 1_709_247_600, 0),
            ("2024-02-29T22:00:00-01:00", 1_709_247_600, 0),
        ] {
            assert_eq!(read(text), Some(UNIX_EPOCH + Duration::new(seconds, nanoseconds)), "{text}");
        }
        for days in (0..60_000).step_by(17) {
            let time = UNIX_EPOCH + Duration::new(days * 86_400 + 3_661, 5_000);
            assert_eq!(read(&write(time)), Some(time), "{}", write(time));
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "T",
            "30",
            "2026-11-28",
            "2026-13-01T00:00:00",
            "2026-11-28T24:00:00",
            "2026-11-28T19:35",
            "2026-11-28T19:35:42.x",
            "2026-11-28T19:35:42+1",
            "2026-11-28T19:35:42Zulu",
            "1969-12-31T23:59:59",
            "99999-01-01T00:00:00",
            "-1-1-1T1:1:1",
            "2026-11-28T19:35:42.",
            "é-1-1T1:1:1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
