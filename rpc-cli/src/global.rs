//! The options that all commands have.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueHint};

use crate::form::Form;

/// The options that all commands have.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The broker: `amqp://user:password@host:5672/vhost`. Beats contexts and the environment variable `AMQP_URL`.
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["context", "example"])]
    pub(crate) url: Option<String>,
    /// The named broker, see `amqp-rpc context`. Default: the one that is used.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "example")]
    pub(crate) context: Option<String>,
    /// Start a broker with an example service in this process, for this command.
    #[arg(long, global = true)]
    pub(crate) example: bool,
    /// The contract: an AsyncAPI document, a description or a list of descriptions. Default: the servers are asked.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) contract: Option<PathBuf>,
    /// The namespace of exchanges and queues.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The exchange of the services. Default: that of the contract, else amqp-rpc, and amqp-rpc.events for events.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) exchange: Option<String>,
    /// How long to wait for a reply: 500ms, 10s, 2m. Default: 10s.
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// The form of what is printed. Default: table on a terminal, else json.
    #[arg(short = 'o', long = "output", global = true, value_name = "FORM", value_enum)]
    pub(crate) output: Option<Form>,
    /// Say on stderr what is done.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

impl Global {
    /// The form of errors: JSON on one line unless another form was asked for.
    pub(crate) fn error_form(&self) -> Form {
        self.output.unwrap_or(Form::Json)
    }

    /// The time to wait for a reply.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }
}

/// A time such as `500ms`, `1.5s`, `2m` or `1h`.
///
/// # Errors
/// A text that says how to write one.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let seconds_per_unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a number with a unit, such as 500ms, 10s, 2m or 1h".to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| format!("{digits:?} is no number"))?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        for wrong in ["", "5", "s", "5x", "-1s", "1e400s", "nans", "1 s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
