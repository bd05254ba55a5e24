//! A client without async: plain threads share one connection and wait for their calls.
//!
//! Run: `cargo run --example blocking`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::{sync::mpsc, thread, time::Duration};

use amqp_rpc::{
    CallError, Server,
    client::blocking::{Client, Wait},
    rpc_service,
};
use broker::BrokerToUse;
use serde_json::json;

#[rpc_service]
trait Primes {
    /// How many primes there are up to `n`.
    async fn up_to(&self, n: u64) -> u64;
}

struct Sieve;

impl Primes for Sieve {
    async fn up_to(&self, n: u64) -> u64 {
        let is_prime = |n: &u64| *n > 1 && (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
        (2..=n).filter(is_prime).count() as u64
    }
}

/// Stands for another program: a server, and the broker if it is embedded.
#[tokio::main]
async fn serve(started: mpsc::Sender<Result<String, String>>) {
    let serving = async {
        let broker = BrokerToUse::find_or_start().await?;
        let server = Server::new().service(PrimesServer::new(Sieve)).start(broker.url()).await?;
        Ok::<_, Box<dyn std::error::Error>>((broker, server))
    };
    match serving.await {
        Ok((broker, server)) => {
            let _ = started.send(Ok(broker.url().to_owned()));
            server.failed().await;
        }
        Err(error) => {
            let _ = started.send(Err(error.to_string()));
        }
    }
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (started, url) = mpsc::channel();
    thread::spawn(|| serve(started));
    let url = url.recv()??;

    let client = Client::connect(url)?;
    let threads = [10_u64, 100, 1000].map(|n| {
        let primes = PrimesClient::new(client.handle());
        thread::spawn(move || (n, primes.up_to(n).timeout(Duration::from_secs(5)).wait()))
    });
    for thread in threads {
        let (n, count) = thread.join().map_err(|_| "a thread panicked")?;
        println!("{} primes up to {n}", count?);
    }

    let by_name = client.handle().call_json("primes.up_to", json!({"n": 10_000})).wait()?;
    println!("{by_name} primes up to 10000, called without the trait");

    let unserved = client.handle().call_json("primes.twins", json!({})).wait();
    match unserved {
        Err(CallError::Unroutable(why)) => println!("{why}"),
        other => println!("{other:?}"),
    }
    client.close()?;
    Ok(())
}
