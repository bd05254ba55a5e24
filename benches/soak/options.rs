//! The command line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HELP: &str = "\
usage: cargo bench -p amqp-rpc-benches --bench soak -- [OPTION]...
  --minutes 10       how long to call and to break things
  --seconds 600      the same
  --seed NUMBER      repeats the choices of another run; chosen by the clock otherwise, and printed
  --clients 4        clients, half of them with direct reply-to
  --servers 3        servers
  --in-flight 64     calls and messages at once, over all clients
  --rate 2000        calls and messages a second at most, over all clients
  --calm             nothing is broken: to compare with
  --trace            prints what is broken, and how connections stand, as it happens
The broker is an embedded one. With AMQP_URL set it is that RabbitMQ, restarted at will through erl_call:
scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench soak.";

const NOT_A_TEST: &str = "soak: nothing to test without options; run `cargo bench -p amqp-rpc-benches --bench soak -- --seconds 20`";

pub(crate) enum Invocation {
    Soak(Options),
    Print(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
    pub(crate) clients: usize,
    pub(crate) servers: usize,
    pub(crate) in_flight: usize,
    pub(crate) rate: usize,
    pub(crate) calm: bool,
    pub(crate) trace: bool,
    pub(crate) rabbitmq: Option<String>,
}

impl Options {
    /// The capacity of a ledger: more calls or messages than the run can make.
    pub(crate) fn most_calls(&self) -> usize {
        // Callers that catch up after a pause may be ahead by a call each.
        (self.rate as f64 * (self.duration.as_secs_f64() + 5.0)) as usize + 10 * self.in_flight
    }
}

pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Invocation, String> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis() as u64);
    let mut options = Options {
        duration: Duration::from_secs(600),
        seed: clock % 1_000_000,
        clients: 4,
        servers: 3,
        in_flight: 64,
        rate: 2000,
        calm: false,
        trace: false,
        rabbitmq: std::env::var("AMQP_URL").ok(),
    };
    // cargo says `--bench` to a benchmark that is to run, and nothing to one that `cargo test` runs.
    let mut runs = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => {}
            "--test" => return Ok(Invocation::Print(NOT_A_TEST)),
            "--help" | "-h" => return Ok(Invocation::Print(HELP)),
            "--minutes" => options.duration = seconds(&value()?)? * 60,
            "--seconds" => options.duration = seconds(&value()?)?,
            "--seed" => options.seed = number(&value()?)?,
            "--clients" => options.clients = count(&value()?)?,
            "--servers" => options.servers = count(&value()?)?,
            "--in-flight" => options.in_flight = count(&value()?)?,
            "--rate" => options.rate = count(&value()?)?,
            "--calm" => options.calm = true,
            "--trace" => options.trace = true,
            unknown => return Err(format!("unknown option {unknown:?}; --help lists them")),
        }
        runs = true;
    }
    Ok(if runs { Invocation::Soak(options) } else { Invocation::Print(NOT_A_TEST) })
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("{text:?} is not a positive number")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|duration| !duration.is_zero()).ok_or_else(|| format!("{text:?} is no length of time"))
}
