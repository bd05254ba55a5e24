//! `bench`: calls a method many times, and measures how long the calls take.

mod csv;
mod outcome;
mod plan;
mod progress;
mod recorder;
mod report;
mod run;
mod timer;

use std::{future::Future, path::PathBuf, pin::pin, time::Duration};

use amqp_rpc::description::MethodKind;
use clap::{Args, ValueHint};

use self::{
    csv::Csv,
    plan::{End, Load, Pace},
    progress::Progress,
    recorder::Recorder,
    report::Report,
};
use crate::{
    body::{Body, Codec, RequestArgs},
    caller::Caller,
    contract,
    failure::Failure,
    form::Form,
    global, interrupt,
    session::Session,
};

/// The most calls that are in flight at a time: as many as a client has by default.
const MAX_IN_FLIGHT: u16 = 1024;
/// The longest measurement.
const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The method, such as `shop.price`.
    #[arg(value_name = "SERVICE.METHOD", add = contract::names::methods())]
    method: String,
    /// The body of each call: JSON, @FILE, or - for stdin. Default: an example of the contract, or a made-up body.
    body: Option<String>,
    /// Keep so many calls in flight: each follows the end of another. With --rate, the most that may be in flight.
    #[arg(short, long, value_name = "CALLS", value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_IN_FLIGHT)))]
    concurrency: Option<u16>,
    /// Make so many calls per second, whether earlier ones have ended or not. Latencies count from when a call was
    /// due.
    #[arg(long, value_name = "PER SECOND", value_parser = rate)]
    rate: Option<f64>,
    /// Measure for so long. Default: 10s.
    #[arg(short, long, value_name = "TIME", value_parser = global::duration, conflicts_with = "count")]
    duration: Option<Duration>,
    /// Measure so many calls.
    #[arg(short = 'n', long, value_name = "CALLS")]
    count: Option<u64>,
    /// Make calls for so long first, without measuring them. Default: 1s.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = global::duration)]
    warm_up: Duration,
    /// Write a row for each second to this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    csv: Option<PathBuf>,
    #[command(flatten)]
    request: RequestArgs,
}

/// Ctrl-C ends the measurement, and what was measured is reported.
pub(crate) async fn run(args: BenchArgs, session: &Session) -> Result<(), Failure> {
    let load = load(&args)?;
    let csv = args.csv.as_deref().map(Csv::create).transpose()?;
    // One for both steps: it is not missed in between.
    let mut stop = pin!(interrupt::pressed());
    let bench = tokio::select! {
        () = &mut stop => return Err(Failure::interrupted()),
        prepared = prepare(args, session) => prepared?,
    };
    bench.measure(load, csv, stop, session).await
}

fn load(args: &BenchArgs) -> Result<Load, Failure> {
    let in_flight = args.concurrency.map(usize::from);
    let pace = match args.rate {
        None => Pace::InFlight(in_flight.unwrap_or(16)),
        Some(per_second) => Pace::Rate { per_second, in_flight: in_flight.unwrap_or(MAX_IN_FLIGHT.into()) },
    };
    let duration = args.duration.unwrap_or(Duration::from_secs(10));
    let end = match args.count {
        Some(0) => return Err(Failure::usage("--count is at least 1")),
        Some(count) => End::Calls(count),
        None => End::After(duration),
    };
    if duration.is_zero() || duration > MAX_DURATION || args.warm_up > MAX_DURATION {
        return Err(Failure::usage("--duration is longer than zero, and no time is longer than 24h"));
    }
    Ok(Load { pace, end, warm_up: args.warm_up, is_exact: true })
}

/// A method that answers, and the body of its calls.
#[derive(Debug)]
struct Bench {
    caller: Caller,
    body: outcome::Body,
}

/// Connects, and makes one call: what is wrong with all calls is told at once.
async fn prepare(args: BenchArgs, session: &Session) -> Result<Bench, Failure> {
    let mut request = args.request;
    let read = args.body.as_deref().map(|body| Body::read(Some(body), request.raw)).transpose()?;
    // Then bodies are neither written nor read by each call: what is measured is the call.
    let sends_bytes = request.raw || request.codec == Codec::Json;
    let is_raw = std::mem::replace(&mut request.raw, sends_bytes);
    if !is_raw && sends_bytes {
        request.content_type = Some("application/json".to_owned());
    }
    let caller = Caller::find(args.method, MethodKind::Call, request, session).await?;
    let body = match read {
        Some(Body::Raw(body)) => outcome::Body::Bytes(body),
        Some(Body::Json(body)) => checked(body, &caller, sends_bytes)?,
        None => checked(made_up(&caller)?, &caller, sends_bytes)?,
    };
    let bench = Bench { caller, body };
    bench.body.first_call(&bench.caller).await?;
    Ok(bench)
}

fn checked(body: serde_json::Value, caller: &Caller, as_bytes: bool) -> Result<outcome::Body, Failure> {
    caller.check(&body)?;
    Ok(if as_bytes {
        outcome::Body::Bytes(body.to_string().into_bytes())
    } else {
        outcome::Body::Value(body)
    })
}

/// The first example of the contract, else a made-up body.
fn made_up(caller: &Caller) -> Result<serde_json::Value, Failure> {
    let Some(found) = &caller.contract else {
        return Err(Failure::usage(format!("without a contract of {} a body is needed", caller.name))
            .advice("write it after the method, such as '{\"n\": 30}'"));
    };
    if let Some(example) = found.method.examples.first() {
        return Ok(example.clone());
    }
    let samples = amqp_rpc::docs::sample::Samples::new(found.service.schemas.clone());
    samples.sample(&found.method.request, 0, |body| caller.check(body).is_ok()).map_err(|error| {
        Failure::usage(format!("no body of {} was made up: {error}", caller.name))
            .advice("write one after the method")
    })
}

impl Bench {
    async fn measure(
        self,
        load: Load,
        csv: Option<Csv>,
        stop: impl Future<Output = ()>,
        session: &Session,
    ) -> Result<(), Failure> {
        let mut recorder = Recorder::new(csv);
        let progress = Progress::start(&load);
        session.note(format_args!("measuring {}", self.caller.name));
        let call = || self.body.call(&self.caller);
        let made = run::run(&load, call, &mut recorder, &progress, stop).await;
        progress.finish();
        let (measured, written) = recorder.finish();
        let report = Report { method: &self.caller.name, load: &load, made: &made, measured: &measured };
        match session.output.form() {
            Form::Table => session.output.line(&report.text())?,
            _ => session.output.value(&report.json())?,
        }
        if made.is_interrupted {
            return Err(Failure::interrupted());
        }
        written?;
        report.check()
    }
}

/// Calls per second.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("write the calls per second, such as 500 or 0.5, at most a million".to_owned()),
    }
}
