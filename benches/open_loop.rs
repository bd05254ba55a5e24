//! Latency at fixed rates, with calls that share messages and without: calls are made when they are due, not when
//! earlier ones have ended, and their latency counts from the time at which they were due.
//!
//! `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench open_loop -- 7 1` measures 7 rounds of 1 s each at
//! 10 to 90 % of what single calls reach with 256 in flight, then two servers of which one is slow. Client and servers
//! share a process.

use std::time::{Duration, Instant};

use amqp_rpc::{Client, RunningServer, Server, rpc_service};
use futures_util::future::join_all;
use tokio::{task::JoinSet, time::sleep_until};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[rpc_service(name = "open_loop")]
trait Echo {
    async fn echo(&self, n: u64) -> u64;
}

/// Answers after a while.
#[derive(Clone, Copy)]
struct After(Duration);

impl Echo for After {
    async fn echo(&self, n: u64) -> u64 {
        if !self.0.is_zero() {
            tokio::time::sleep(self.0).await;
        }
        n
    }
}

const VARIANTS: [(&str, u16); 2] = [("single", 1), ("coalesced", 64)];
const IN_FLIGHT: usize = 256;
/// Calls that are due are made at this interval.
const TICK: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!(
            "open_loop: nothing to test; measure with `cargo bench -p amqp-rpc-benches --bench open_loop`"
        );
        return Ok(());
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<f64>().ok());
    let rounds = numbers.next().unwrap_or(7.0) as usize;
    let length = Duration::from_secs_f64(numbers.next().unwrap_or(1.0));
    let url = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://localhost".into());

    let fast = serve(&url, Duration::ZERO).await?;
    let clients = clients(&url).await?;
    let capacity = closed_loop(&clients[0], length).await? / length.as_secs_f64();
    println!("single calls, {IN_FLIGHT} in flight: {capacity:.0} calls/s\n");
    println!("rate | | p50 µs | p99 µs | p99.9 µs\n---|---|---|---|---");
    for percent in [10, 30, 50, 70, 90] {
        let rate = capacity * f64::from(percent) / 100.0;
        let mut measured = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for turn in 0..2 {
                let variant = (turn + round) % 2;
                measured[variant].push(at_rate(&clients[variant], rate, length).await?);
            }
        }
        for ((name, _), rounds) in VARIANTS.iter().zip(&measured) {
            let [p50, p99, p999] = [0, 1, 2].map(|which| median(rounds.iter().map(|round| round[which])));
            println!("{percent} % | {name} | {p50:.0} | {p99:.0} | {p999:.0}");
        }
    }

    let slow = serve(&url, Duration::from_millis(10)).await?;
    println!("\ntwo servers, one of which takes 10 ms, {IN_FLIGHT} in flight | calls/s\n---|---");
    let mut measured = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let variant = (turn + round) % 2;
            measured[variant].push(closed_loop(&clients[variant], length).await? / length.as_secs_f64());
        }
    }
    for ((name, _), rounds) in VARIANTS.iter().zip(&measured) {
        println!("{name} | {:.0}", median(rounds.iter().copied()));
    }
    fast.shutdown().await?;
    slow.shutdown().await?;
    Ok(())
}

async fn serve(url: &str, time: Duration) -> Result<RunningServer, Failure> {
    Ok(Server::new().service(EchoServer::new(After(time))).start(url).await?)
}

/// A client of each variant, to whom the servers have said what they read.
async fn clients(url: &str) -> Result<[EchoClient; 2], Failure> {
    let mut clients = Vec::new();
    for (_, calls) in VARIANTS {
        let client = Client::builder().coalesce(calls).max_in_flight(100_000).connect(url).await?;
        let client = EchoClient::new(client);
        closed_loop(&client, Duration::from_millis(200)).await?;
        clients.push(client);
    }
    clients.try_into().map_err(|_| "there are two variants".into())
}

/// Keeps calls in flight for this long. Returns how many ended.
async fn closed_loop(client: &EchoClient, length: Duration) -> Result<f64, Failure> {
    let end = Instant::now() + length;
    let callers = (0..IN_FLIGHT).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut calls = 0u32;
            while Instant::now() < end {
                client.echo(1).await?;
                calls += 1;
            }
            Ok::<_, Failure>(calls)
        })
    });
    let mut calls = 0.0;
    for caller in join_all(callers).await {
        calls += f64::from(caller??);
    }
    Ok(calls)
}

/// Makes calls at a rate. Returns the median, the 99th and the 99.9th percentile of their latencies in microseconds.
async fn at_rate(client: &EchoClient, rate: f64, length: Duration) -> Result<[f64; 3], Failure> {
    let begin = Instant::now();
    let calls = (rate * length.as_secs_f64()) as u32;
    let mut running = JoinSet::new();
    let mut made = 0;
    while made < calls {
        let due = (begin.elapsed().as_secs_f64() * rate) as u32;
        while made < due.min(calls) {
            let (client, due_at) = (client.clone(), begin + Duration::from_secs_f64(f64::from(made) / rate));
            running.spawn(async move {
                client.echo(u64::from(made)).await?;
                Ok::<_, Failure>(due_at.elapsed())
            });
            made += 1;
        }
        sleep_until((Instant::now() + TICK).into()).await;
    }
    let mut latencies = Vec::new();
    while let Some(call) = running.join_next().await {
        latencies.push(call??.as_secs_f64() * 1e6);
    }
    latencies.sort_by(f64::total_cmp);
    Ok([0.5, 0.99, 0.999].map(|share| latencies[(latencies.len() as f64 * share) as usize]))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
