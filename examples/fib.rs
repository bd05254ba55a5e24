//! A service, its server and its client in one program: typed results, a typed error, an unroutable call, a
//! timeout.
//!
//! Run: `cargo run --example fib`. It brings its own broker. To use yours, run
//! `AMQP_URL=amqp://user:password@host cargo run --example fib`.

mod broker;

use std::time::Duration;

use amqp_rpc::{CallError, Client, Context, Server, rpc_service};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum FibError {
    #[error("n is above {limit}")]
    TooLarge { limit: u64 },
}

/// Fibonacci numbers.
#[rpc_service]
trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent)]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
    /// The caller's name, as the server sees it.
    async fn whoami(&self, #[rpc(context)] cx: &Context) -> String;
    /// Takes a second, even if its caller stops waiting.
    async fn dawdle(&self);
}

struct Fibonacci {
    limit: u64,
}

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        if n > self.limit {
            return Err(FibError::TooLarge { limit: self.limit });
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }

    async fn whoami(&self, cx: &Context) -> String {
        format!("{} calling {}", cx.app_id().unwrap_or("somebody"), cx.method().full_name)
    }

    async fn dawdle(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Not served in this program.
#[rpc_service]
trait Primes {
    async fn is_prime(&self, n: u64) -> bool;
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let server = Server::new().service(FibServer::new(Fibonacci { limit: 90 })).start(broker.url()).await?;
    let client = Client::builder().app_id("the example").connect(broker.url()).await?;
    let fib = FibClient::new(client.clone());

    for n in [10, 30, 90] {
        println!("fib({n}) = {}", fib.compute(n).await?);
    }
    println!("whoami = {}", fib.whoami().await?);

    match fib.compute(91).timeout(Duration::from_secs(2)).await {
        Ok(value) => println!("fib(91) = {value}"),
        Err(CallError::Method(FibError::TooLarge { limit })) => println!("fib(91): ask for at most {limit}"),
        Err(error) if error.is_retryable() => println!("fib(91): try again: {error}"),
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = PrimesClient::new(client.clone()).is_prime(7).await {
        println!("is_prime(7): {error} (executed: {:?})", error.execution());
    }
    if let Err(error) = fib.dawdle().timeout(Duration::from_millis(100)).await {
        println!("dawdle: {error} (executed: {:?})", error.execution());
    }

    client.close().await;
    server.shutdown().await?;
    Ok(())
}
