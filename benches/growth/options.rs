//! The command line: what to measure, or what a child process is.

use std::time::Duration;

use crate::child::Role;

const HELP: &str = "\
usage: cargo bench -p amqp-rpc-benches --bench growth -- [OPTION]...
  --only PART,...    some of: calls, services, servers, connections
  --rounds 3         measurements of each size; medians are printed
  --seconds 1        length of a load
  --most 100000      no size above this, for a quick look
The broker is AMQP_URL; `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench growth` brings one.";

const NOT_A_TEST: &str = "growth: nothing to test; measure with `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench growth`";

pub(crate) enum Invocation {
    Measure(Options),
    Child(Role),
    Print(&'static str),
}

pub(crate) struct Options {
    pub(crate) url: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) rounds: usize,
    pub(crate) load: Duration,
    most: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Calls,
    Services,
    Servers,
    Connections,
}

impl Options {
    pub(crate) fn sizes(&self, sizes: &[usize]) -> Vec<usize> {
        sizes.iter().copied().filter(|&size| size <= self.most).collect()
    }
}

pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Invocation, String> {
    let url = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://localhost".into());
    let parts = vec![Part::Calls, Part::Services, Part::Servers, Part::Connections];
    let mut options = Options { url, parts, rounds: 3, load: Duration::from_secs(1), most: usize::MAX };
    // cargo says `--bench` to a benchmark that is to measure, and nothing to one that `cargo test` runs.
    let mut measures = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => measures = true,
            "--test" => return Ok(Invocation::Print(NOT_A_TEST)),
            "--help" | "-h" => return Ok(Invocation::Print(HELP)),
            "--only" => options.parts = value()?.split(',').map(part).collect::<Result<_, _>>()?,
            "--rounds" => options.rounds = positive(&value()?)?,
            "--most" => options.most = positive(&value()?)?,
            "--seconds" => options.load = seconds(&value()?)?,
            "--child" => return Ok(Invocation::Child(Role::read(&value()?, positive(&value()?)?)?)),
            unknown => return Err(format!("unknown option {unknown:?}; --help lists them")),
        }
    }
    Ok(if measures { Invocation::Measure(options) } else { Invocation::Print(NOT_A_TEST) })
}

fn part(name: &str) -> Result<Part, String> {
    match name {
        "calls" => Ok(Part::Calls),
        "services" => Ok(Part::Services),
        "servers" => Ok(Part::Servers),
        "connections" => Ok(Part::Connections),
        unknown => Err(format!("no part is called {unknown:?}; --help lists them")),
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text:?} is not a positive number")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or_else(|| format!("{text:?} is not a number of seconds"))
}
