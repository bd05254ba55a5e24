//! A load, as text that travels between processes.

use std::{fmt, str::FromStr, time::Duration};

use crate::Failure;

/// The largest text: what RabbitMQ allows as a message since 4.0.
const LONGEST_TEXT: usize = 16 << 20;

/// `CALLS_IN_FLIGHT SECONDS [CALLS|- [BYTES]]`: ends after the seconds or the calls, whichever comes first. A
/// number of calls is for profilers. With bytes, each call carries a text of that length instead of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// The tasks that call, each one call after the other.
    pub calls_in_flight: usize,
    /// How long.
    pub duration: Duration,
    /// How many calls at most.
    pub calls: Option<u64>,
    /// The length of the text that each call carries and brings back; none for a number.
    pub text_bytes: Option<usize>,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.calls_in_flight, self.duration.as_secs_f64())?;
        match (self.calls, self.text_bytes) {
            (None, None) => Ok(()),
            (Some(calls), None) => write!(f, " {calls}"),
            (None, Some(bytes)) => write!(f, " - {bytes}"),
            (Some(calls), Some(bytes)) => write!(f, " {calls} {bytes}"),
        }
    }
}

impl FromStr for Load {
    type Err = Failure;

    fn from_str(line: &str) -> Result<Self, Failure> {
        let mut words = line.split_whitespace();
        let mut word =
            || words.next().ok_or("a load is: calls in flight, seconds, perhaps calls, perhaps bytes");
        let load = Self {
            calls_in_flight: word()?.parse()?,
            duration: Duration::try_from_secs_f64(word()?.parse()?)?,
            calls: words.next().filter(|calls| *calls != "-").map(str::parse).transpose()?,
            text_bytes: words.next().map(str::parse).transpose()?,
        };
        match load.text_bytes {
            Some(bytes) if bytes > LONGEST_TEXT => Err(format!("{bytes} bytes are too many").into()),
            _ => Ok(load),
        }
    }
}

/// A text of so many bytes, which JSON need not escape.
pub fn text(bytes: usize) -> String {
    "abcdefghijklmnopqrstuvwxyz012345".chars().cycle().take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_read_as_it_was_written() {
        let plain = Load {
            calls_in_flight: 64,
            duration: Duration::from_millis(1500),
            calls: None,
            text_bytes: None,
        };
        for load in [
            plain,
            Load { calls: Some(2000), ..plain },
            Load { text_bytes: Some(8), ..plain },
            Load { calls: Some(1), text_bytes: Some(0), ..plain },
        ] {
            assert_eq!(load.to_string().parse::<Load>().expect("it was written so"), load);
        }
    }

    #[test]
    fn a_text_that_no_broker_takes_is_refused() {
        assert!("1 1 - 16777216".parse::<Load>().is_ok());
        assert!("1 1 - 16777217".parse::<Load>().is_err());
        assert!("1".parse::<Load>().is_err());
    }
}
