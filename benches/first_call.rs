//! What a test of a user pays before its first assertion, and the memory of a connection, on the embedded broker:
//! `cargo bench -p amqp-rpc-benches --bench first_call`, in a debug build with `--profile dev`. With `AMQP_URL` the
//! connections whose memory is measured lead to that broker, and its end does not count.
//!
//! Arguments after `--`: rounds (default 51), and connections whose memory is measured (default 200).

use std::{
    env,
    error::Error,
    fs,
    time::{Duration, Instant},
};

use amqp_rpc::{Client, Server, rpc_service};
use amqp_rpc_broker::Broker;

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

/// The steps of one round, each from the end of the one before.
const STEPS: [&str; 4] = ["Broker::start", "Server::start", "Client::connect", "first call"];

fn main() -> Result<(), Failure> {
    // As `#[tokio::test]` does.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    // `cargo bench` adds its own flag.
    let mut numbers = env::args().skip(1).filter(|argument| argument != "--bench");
    let mut number = |default: usize| numbers.next().map_or(Ok(default), |number| number.parse::<usize>());
    let (rounds, connections) = (number(51)?.max(1), number(200)?.max(1));
    let mut samples = Vec::new();
    for _ in 0..rounds {
        samples.push(round().await?);
    }
    println!("medians of {rounds} rounds, and between which the middle half lies");
    for (step, name) in STEPS.iter().enumerate() {
        report(name, samples.iter().map(|sample| sample[step]).collect());
    }
    report("all of it", samples.iter().map(|sample| sample.iter().sum()).collect());
    let mut in_process = Vec::new();
    for _ in 0..rounds {
        in_process.push(call_in_process().await?);
    }
    report("in process", in_process);
    memory(connections).await
}

async fn round() -> Result<[Duration; 4], Failure> {
    let mut last = Instant::now();
    let mut step = || {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut last, now))
    };
    let broker = Broker::start().await?;
    let started = step();
    let server = Server::new().service(EchoServer::new(Parrot)).start(broker.uri()).await?;
    let served = step();
    let client = Client::connect(broker.uri()).await?;
    let connected = step();
    if EchoClient::new(client.clone()).echo(7).await? != 7 {
        return Err("the echo is wrong".into());
    }
    let called = step();
    client.close().await;
    server.shutdown().await?;
    broker.shutdown().await;
    Ok([started, served, connected, called])
}

/// What a unit test pays that calls a mock through a client, without a broker.
async fn call_in_process() -> Result<Duration, Failure> {
    let started = Instant::now();
    let client = Client::in_process(EchoServer::new(Parrot));
    if EchoClient::new(client).echo(7).await? != 7 {
        return Err("the echo is wrong".into());
    }
    Ok(started.elapsed())
}

fn report(name: &str, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    let at = |share: usize| samples[(samples.len() - 1) * share / 4].as_secs_f64() * 1e3;
    println!("{name:>16}: {:7.3} ms ({:.3}–{:.3})", at(2), at(1), at(3));
}

/// Client and embedded broker are one process: what is printed is the memory of both ends then.
async fn memory(connections: usize) -> Result<(), Failure> {
    let broker = Broker::start().await?;
    let other = env::var("AMQP_URL").ok();
    let ends = if other.is_some() { "" } else { ", with the broker's end" };
    let uri = other.unwrap_or_else(|| broker.uri());
    let mut clients = vec![Client::connect(uri.as_str()).await?];
    let before = resident_kib()?;
    for _ in 0..connections {
        clients.push(Client::connect(uri.as_str()).await?);
    }
    let after = resident_kib()?;
    println!(
        "memory of a connected client{ends}: {} KiB ({connections} more of them)",
        after.saturating_sub(before) / connections
    );
    for client in clients {
        client.close().await;
    }
    broker.shutdown().await;
    Ok(())
}

/// The resident memory of this process, on Linux.
fn resident_kib() -> Result<usize, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
