//! What a dead letter and a full queue's refusal cost, on each broker beside what goes well there:
//! `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench refusals`.
//!
//! Runs on the embedded broker, on it in LavinMQ's likeness, and on `AMQP_URL` if it is set, in turn. Arguments
//! after `--`: rounds (default 9) and messages per measurement (default 500). Ratios are taken within a round,
//! because noise comes and goes with time; what is printed is their median and between which the middle half
//! lies.

use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc::{CallError, Client, FaultCode, RunningServer, Server, rpc_service, server::QueueOptions};
use amqp_rpc_broker::{Broker, Like};
use futures_util::{StreamExt, TryStreamExt, stream, stream::FuturesUnordered};
use tokio::sync::Semaphore;

type Failure = Box<dyn Error + Send + Sync>;

/// What is refused, and what is not.
#[rpc_service]
trait Desk {
    /// A call that is answered at once.
    async fn ask(&self);
    /// A call that is answered when the desk opens.
    async fn wait(&self);
    /// A notification that is handled, or fails and becomes a dead letter.
    #[rpc(notify)]
    async fn tell(&self, fails: bool) -> Result<(), String>;
}

struct Clerk {
    open: Arc<Semaphore>,
    told: Arc<Semaphore>,
}

impl Desk for Clerk {
    async fn ask(&self) {}

    async fn wait(&self) {
        // The semaphore is not closed before the server has ended.
        if let Ok(permit) = self.open.acquire().await {
            permit.forget();
        }
    }

    async fn tell(&self, fails: bool) -> Result<(), String> {
        self.told.add_permits(1);
        if fails { Err("as asked".to_owned()) } else { Ok(()) }
    }
}

/// Microseconds, each for one message.
#[derive(Default)]
struct Samples {
    handled: Vec<f64>,
    dead: Vec<f64>,
    answered: Vec<f64>,
    refused: Vec<f64>,
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
    let messages = numbers.next().map_or(Ok(500), |messages| messages.parse::<u32>())?;
    let embedded = Broker::start().await?;
    let lavinmq = Broker::builder().like(Like::LavinMq).start().await?;
    let mut brokers = vec![("embedded", embedded.uri()), ("embedded, like LavinMQ", lavinmq.uri())];
    if let Ok(uri) = env::var("AMQP_URL") {
        let client = Client::connect(&uri).await?;
        brokers.push(("AMQP_URL", uri));
        println!("AMQP_URL is {}", client.state());
    }

    let mut samples: Vec<_> = brokers.iter().map(|_| Samples::default()).collect();
    for round in 0..rounds {
        for ((_, uri), samples) in brokers.iter().zip(&mut samples) {
            dead_letters(uri, messages, round % 2 == 0, samples).await?;
            full_queue(uri, messages, samples).await?;
        }
    }
    println!("\nbroker | handled µs | dead letter µs | ratio | answered µs | refused µs | ratio");
    println!("---|---|---|---|---|---|---");
    for ((name, _), samples) in brokers.iter().zip(samples) {
        let Samples { handled, dead, answered, refused } = samples;
        let (first, second) = (ratio(&dead, &handled), ratio(&refused, &answered));
        println!(
            "{name} | {:.0} | {:.0} | {first} | {:.0} | {:.0} | {second}",
            quantile(handled, 0.5),
            quantile(dead, 0.5),
            quantile(answered, 0.5),
            quantile(refused, 0.5),
        );
    }
    Ok(())
}

async fn desk(
    uri: &str,
    options: QueueOptions,
    concurrency: u16,
) -> Result<(RunningServer, DeskClient, Clerk), Failure> {
    let namespace = format!("refusals-{}", uuid::Uuid::new_v4());
    let clerk = Clerk { open: Arc::new(Semaphore::new(0)), told: Arc::new(Semaphore::new(0)) };
    let service = DeskServer::new(Clerk { open: Arc::clone(&clerk.open), told: Arc::clone(&clerk.told) });
    let options = options.argument("x-expires", 60_000);
    let server = Server::new().namespace(&namespace).concurrency(concurrency);
    let server = server.service_with(service, options).start(uri).await?;
    let client =
        Client::builder().namespace(&namespace).timeout(Duration::from_secs(60)).connect(uri).await?;
    Ok((server, DeskClient::new(client), clerk))
}

/// Notifications, 16 at a time, until the last one is settled: handled ones and failed ones, in either order.
async fn dead_letters(
    uri: &str,
    messages: u32,
    fails_first: bool,
    samples: &mut Samples,
) -> Result<(), Failure> {
    for fails in [fails_first, !fails_first] {
        let (server, desk, clerk) = desk(uri, QueueOptions::new(), 64).await?;
        let start = Instant::now();
        stream::iter(0..messages)
            .map(|_| desk.tell(fails).into_future())
            .buffer_unordered(16)
            .try_collect::<Vec<_>>()
            .await?;
        clerk.told.acquire_many(messages).await?.forget();
        // What runs and what is kept is finished before the server ends.
        server.shutdown().await?;
        let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(messages);
        if fails { &mut samples.dead } else { &mut samples.handled }.push(micros);
    }
    Ok(())
}

/// Calls one after the other that are answered, and the same that a full queue refuses.
async fn full_queue(uri: &str, messages: u32, samples: &mut Samples) -> Result<(), Failure> {
    let (server, desk, clerk) = desk(uri, QueueOptions::new().max_length(1), 1).await?;
    desk.ask().await?; // what happens once per connection
    let start = Instant::now();
    for _ in 0..messages {
        desk.ask().await?;
    }
    samples.answered.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(messages));

    // More than run and wait, so that the first refusal shows that the queue is full.
    let mut waiting: FuturesUnordered<_> = (0..16).map(|_| tokio::spawn(desk.wait())).collect();
    while let Some(ended) = waiting.next().await {
        if is_refused(&ended?)? {
            break;
        }
    }
    let start = Instant::now();
    for _ in 0..messages {
        if !is_refused(&desk.ask().await)? {
            return Err("a full queue took a call".into());
        }
    }
    samples.refused.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(messages));
    clerk.open.add_permits(16);
    while let Some(ended) = waiting.next().await {
        let _refused_or_not = is_refused(&ended?)?;
    }
    server.shutdown().await?;
    Ok(())
}

fn is_refused<E>(outcome: &Result<(), CallError<E>>) -> Result<bool, Failure>
where
    E: std::error::Error + 'static,
{
    match outcome {
        Ok(()) => Ok(false),
        Err(CallError::Fault(fault)) if *fault.code() == FaultCode::Overloaded => Ok(true),
        Err(error) => Err(error.to_string().into()),
    }
}

fn ratio(ours: &[f64], theirs: &[f64]) -> String {
    let ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    let at = |part| quantile(ratios.clone(), part);
    format!("{:.2} ({:.2}–{:.2})", at(0.5), at(0.25), at(0.75))
}

/// The value below which this part of the values lies.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = ((values.len() - 1) as f64 * part).round() as usize;
    values[index]
}
