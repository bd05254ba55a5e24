//! The process that measures: a server and a client process per variant, loaded in turn.
//!
//! In turn, round after round, so that what else the machine does meets all variants alike.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::{
    Failure, broker, cpu, edges,
    load::{Load, Measured},
    options::{Part, Plan, Side},
    report::{self, Sample},
    role::READY,
    variant::Variant,
};

const WARM_UP: Duration = Duration::from_millis(300);

pub(crate) fn measure(plan: &Plan) -> Result<(), Failure> {
    let runtime = crate::runtime()?;
    // Before as well: a measurement that was interrupted left its requests behind.
    runtime.block_on(broker::clean(plan))?;

    let mut pairs = Vec::new();
    for &variant in &plan.variants {
        pairs.push(Pair::start(plan, variant)?);
    }
    report::head(plan);
    for &calls_in_flight in &plan.calls_in_flight {
        let load = Load { calls_in_flight, duration: plan.duration, calls: None };
        let mut samples = vec![Vec::new(); pairs.len()];
        for round in 0..plan.rounds {
            // Each round begins with another variant: none is always measured after the same one.
            for turn in 0..pairs.len() {
                let which = (round + turn) % pairs.len();
                let variant = plan.variants[which];
                let drain = || runtime.block_on(broker::drained(plan, variant));
                samples[which].push(pairs[which].sample(load, drain)?);
            }
        }
        report::table(calls_in_flight, &plan.variants, &samples);
    }
    if plan.measures_edges && plan.variants.contains(&Variant::AmqpRpc) {
        runtime.block_on(edges::measure(plan))?;
    }
    drop(pairs);
    runtime.block_on(broker::clean(plan))
}

/// The two processes of one variant.
struct Pair {
    server: Process,
    client: Process,
}

impl Pair {
    fn start(plan: &Plan, variant: Variant) -> Result<Self, Failure> {
        let part = |side| Part { url: plan.url.clone(), side, variant, extra: None };
        let server = Process::start(&part(Side::Server))?;
        let client = Process::start(&part(Side::Client))?;
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

/// A child that plays a part until it is dropped.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(part: &Part) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(part.arguments())
            .env("AMQP_URL", &part.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("a child has no output")?);
        let mut process = Self { child, input, output };
        match process.answer()?.as_str() {
            READY => Ok(process),
            other => Err(format!("the {:?} of {} said {other:?}", part.side, part.variant.name()).into()),
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
