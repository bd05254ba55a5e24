//! The process that measures: a server and a client process per variant, loaded in turn.
//!
//! In turn, round after round, so that other load of the machine affects all variants alike.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use amqp_rpc_bench_harness::{Load, Measured, READY, runtime};

use crate::{
    Failure, broker, cpu, failures,
    options::Options,
    report::{self, Sample},
    role::{Role, Side},
    variant::Variant,
};

const WARM_UP: Duration = Duration::from_millis(300);

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let runtime = runtime()?;
    // Before as well: a measurement that was interrupted left its requests behind.
    runtime.block_on(broker::clean(options))?;

    let mut pairs = Vec::new();
    for &variant in &options.variants {
        pairs.push(Pair::start(options, variant)?);
    }
    report::head(options);
    for &calls_in_flight in &options.calls_in_flight {
        let load = Load { calls_in_flight, duration: options.duration, calls: None, text_bytes: None };
        let mut samples = vec![Vec::new(); pairs.len()];
        for round in 0..options.rounds {
            // Each round begins with another variant: none is always measured after the same one.
            for turn in 0..pairs.len() {
                let which = (round + turn) % pairs.len();
                let variant = options.variants[which];
                let drain = || runtime.block_on(broker::drained(options, variant));
                samples[which].push(pairs[which].sample(load, drain)?);
            }
        }
        report::table(calls_in_flight, &options.variants, &samples);
    }
    if options.measures_failures && options.variants.contains(&Variant::AmqpRpc) {
        runtime.block_on(failures::measure(options))?;
    }
    drop(pairs);
    runtime.block_on(broker::clean(options))
}

/// The two processes of one variant.
struct Pair {
    server: Process,
    client: Process,
}

impl Pair {
    fn start(options: &Options, variant: Variant) -> Result<Self, Failure> {
        let role = |side| Role { url: options.url.clone(), side, variant, extra: None, json_texts: false };
        let server = Process::start(&role(Side::Server))?;
        let client = Process::start(&role(Side::Client))?;
        Ok(Self { server, client })
    }

    /// `drain`: waits until the server has taken everything.
    fn sample(&mut self, load: Load, drain: impl Fn() -> Result<(), Failure>) -> Result<Sample, Failure> {
        self.client.apply(Load { duration: WARM_UP, ..load })?;
        drain()?;
        let before = self.spent()?;
        let measured = self.client.apply(load)?;
        drain()?;
        let after = self.spent()?;
        let calls = measured.calls as f64;
        let per_call = |side: usize| {
            let spent = after[side]?.saturating_sub(before[side]?);
            Some(spent.as_secs_f64() * 1e6 / calls)
        };
        Ok(Sample {
            calls_per_second: calls / measured.elapsed.as_secs_f64(),
            median: measured.median.as_secs_f64() * 1e6,
            p99: measured.p99.as_secs_f64() * 1e6,
            p999: measured.p999.as_secs_f64() * 1e6,
            client_cpu: per_call(0).unwrap_or_default(),
            server_cpu: per_call(1).unwrap_or_default(),
            broker_cpu: per_call(2),
        })
    }

    /// CPU time of client, server and, if it is known, broker.
    fn spent(&self) -> Result<[Option<Duration>; 3], Failure> {
        let client = cpu::spent(self.client.child.id())?;
        let server = cpu::spent(self.server.child.id())?;
        let broker = broker::process().map(cpu::spent).transpose()?;
        Ok([Some(client), Some(server), broker])
    }
}

/// A child process, which ends when this is dropped.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(role: &Role) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(role.arguments())
            .env("AMQP_URL", &role.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("a child has no output")?);
        let mut process = Self { child, input, output };
        match process.answer()?.as_str() {
            READY => Ok(process),
            other => Err(format!("the {:?} of {} said {other:?}", role.side, role.variant.name()).into()),
        }
    }

    fn apply(&mut self, load: Load) -> Result<Measured, Failure> {
        let input = self.input.as_mut().ok_or("a child has no input")?;
        writeln!(input, "{load}")?;
        self.answer()?.parse()
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            return Err("a child ended before it answered; its reason is above".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    /// The end of its input ends it.
    fn drop(&mut self) {
        drop(self.input.take());
        // Nothing is left to do when it has ended already.
        let _ = self.child.wait();
    }
}
