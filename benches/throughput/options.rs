//! The command line: what to measure, or which role to take in a child process.

use std::time::Duration;

use crate::{
    extras::Extra,
    role::{Role, Side},
    variant::Variant,
};

const HELP: &str = "\
usage: cargo bench -p amqp-rpc-benches --bench throughput -- [OPTION]...
  --calls-in-flight 1,64   loads to measure
  --seconds 2              length of one measurement
  --rounds 5               measurements of every variant under every load, taken in turn
  --only NAME,...          some of: amqp-rpc, amqp-rpc-coalesced, best, spawn, inline, tutorial; the first is compared with the others. Or of
                           methods with locks: locked, one-by-one. Or of
                           one-way messages, which count when confirmed: notify, notify-best, event, event-best
  --skip-failures          without unroutable calls and timeouts
The broker is AMQP_URL, or amqp://localhost; `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench throughput` brings one.";

const NOT_A_TEST: &str = "throughput: nothing to test; measure with `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench throughput`";

pub(crate) enum Invocation {
    Measure(Options),
    Run(Role),
    Print(&'static str),
}

pub(crate) struct Options {
    pub(crate) url: String,
    pub(crate) calls_in_flight: Vec<usize>,
    pub(crate) duration: Duration,
    pub(crate) rounds: usize,
    pub(crate) variants: Vec<Variant>,
    pub(crate) measures_failures: bool,
}

pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Invocation, String> {
    let url = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://localhost".into());
    let mut options = Options {
        url: url.clone(),
        calls_in_flight: vec![1, 64],
        duration: Duration::from_secs(2),
        rounds: 5,
        variants: Variant::CALLS.to_vec(),
        measures_failures: true,
    };
    let (mut side, mut extra, mut json_texts) = (None, None, false);
    // cargo says `--bench` to a benchmark that is to measure, and nothing to one that `cargo test` runs.
    let mut measures = false;

    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => measures = true,
            "--test" => return Ok(Invocation::Print(NOT_A_TEST)),
            "--help" | "-h" => return Ok(Invocation::Print(HELP)),
            "--calls-in-flight" => options.calls_in_flight = list(&value()?, positive)?,
            "--seconds" => options.duration = seconds(&value()?)?,
            "--rounds" => options.rounds = positive(&value()?)?,
            "--only" => options.variants = list(&value()?, Variant::named)?,
            "--skip-failures" => options.measures_failures = false,
            "--role" => {
                side = Some(if value()? == "server" { Side::Server } else { Side::Client });
            }
            "--json-texts" => json_texts = true,
            "--with" => extra = Some(Extra::named(&value()?)?),
            unknown => return Err(format!("unknown option {unknown:?}; --help lists them")),
        }
    }
    match side {
        Some(side) => {
            Ok(Invocation::Run(Role { url, side, variant: options.variants[0], extra, json_texts }))
        }
        None if json_texts => Err("--json-texts needs --role, as in benches/peers".into()),
        None if extra.is_some() => Err("--with needs --role, as in scripts/instructions.sh".into()),
        None if measures => Ok(Invocation::Measure(options)),
        None => Ok(Invocation::Print(NOT_A_TEST)),
    }
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(|name| item(name.trim())).collect()
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text:?} is not a positive number")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("{text:?} is not a number of seconds"))
}
