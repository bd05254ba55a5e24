//! Calls on the embedded broker beside calls on RabbitMQ, alternating in one run: `scripts/with-rabbitmq.sh
//! cargo bench -p amqp-rpc-benches --bench brokers`.
//!
//! Arguments after `--`: rounds (default 9) and seconds per measurement (default 1). Ratios are taken within
//! a round, because noise comes and goes with time; what is printed is their median and between which the
//! middle half lies.

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use amqp_rpc::{Client, Server, rpc_service};
use amqp_rpc_broker::Broker;
use futures_util::{StreamExt, stream};

type Failure = Box<dyn Error + Send + Sync>;

/// The least work there is.
#[rpc_service]
trait Echo {
    /// The same number.
    async fn echo(&self, n: u64) -> u64;
}

struct Parrot;

impl Echo for Parrot {
    async fn echo(&self, n: u64) -> u64 {
        n
    }
}

#[derive(Clone, Copy)]
struct Sample {
    calls_per_second: f64,
    median_micros: f64,
    connect_millis: f64,
}

fn main() -> Result<(), Failure> {
    // Two workers everywhere, so that numbers of different machines can be compared.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(compare())
}

async fn compare() -> Result<(), Failure> {
    // `cargo bench` adds its own flag.
    let mut numbers = env::args().skip(1).filter(|argument| argument != "--bench");
    let rounds = numbers.next().map_or(Ok(9), |rounds| rounds.parse::<usize>())?;
    let seconds = numbers.next().map_or(Ok(1.0), |seconds| seconds.parse::<f64>())?;
    let rabbitmq = env::var("AMQP_URL").map_err(
        |_| "no RabbitMQ: run scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench brokers",
    )?;
    let embedded = Broker::start().await?;

    for in_flight in [1, 64] {
        let mut samples = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            samples.0.push(measure(&embedded.uri(), in_flight, seconds).await?);
            samples.1.push(measure(&rabbitmq, in_flight, seconds).await?);
        }
        report(in_flight, &samples.0, &samples.1);
    }
    embedded.shutdown().await;
    Ok(())
}

async fn measure(uri: &str, in_flight: usize, seconds: f64) -> Result<Sample, Failure> {
    let namespace = format!("bench-{}", std::process::id());
    let server = Server::new().namespace(&namespace).service(EchoServer::new(Parrot)).start(uri).await?;
    let connecting = Instant::now();
    let client = Client::builder().namespace(&namespace).connect(uri).await?;
    let connect_millis = connecting.elapsed().as_secs_f64() * 1e3;
    let echo = EchoClient::new(client);
    echo.echo(0).await?; // what happens once per connection

    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let calls = stream::iter(0..).take_while(|_| std::future::ready(Instant::now() < end)).map(|n| {
        let echo = &echo;
        async move {
            let called = Instant::now();
            echo.echo(n).await.map(|_| called.elapsed())
        }
    });
    let times: Vec<_> = calls.buffer_unordered(in_flight).collect().await;
    let took = start.elapsed().as_secs_f64();
    let mut micros = Vec::with_capacity(times.len());
    for time in times {
        micros.push(time?.as_secs_f64() * 1e6);
    }
    let calls_per_second = micros.len() as f64 / took;
    server.shutdown().await?;
    Ok(Sample { calls_per_second, median_micros: quantile(micros, 0.5), connect_millis })
}

fn report(in_flight: usize, embedded: &[Sample], rabbitmq: &[Sample]) {
    println!("\n{in_flight} in flight | calls/s | p50 µs | connect ms\n---|---|---|---");
    for (name, samples) in [("embedded", embedded), ("RabbitMQ", rabbitmq)] {
        let median = |what: fn(&Sample) -> f64| quantile(samples.iter().map(what).collect(), 0.5);
        println!(
            "{name} | {:.0} | {:.0} | {:.2}",
            median(|sample| sample.calls_per_second),
            median(|sample| sample.median_micros),
            median(|sample| sample.connect_millis),
        );
    }
    let ratio = |what: fn(&Sample) -> f64| {
        let ratios: Vec<_> =
            embedded.iter().zip(rabbitmq).map(|(ours, theirs)| what(ours) / what(theirs)).collect();
        let at = |part| quantile(ratios.clone(), part);
        format!("{:.2} ({:.2}–{:.2})", at(0.5), at(0.25), at(0.75))
    };
    println!(
        "embedded / RabbitMQ | {} | {} | {}",
        ratio(|sample| sample.calls_per_second),
        ratio(|sample| sample.median_micros),
        ratio(|sample| sample.connect_millis),
    );
}

/// The value below which this part of the values lies.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = ((values.len() - 1) as f64 * part).round() as usize;
    values[index]
}
