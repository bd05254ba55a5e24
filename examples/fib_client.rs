//! A client as a process of its own.
//!
//! Run: `cargo run --example fib_client -- 10 30 90`, with `cargo run --example fib_server` in another terminal. Both use
//! `AMQP_URL` (default `amqp://localhost`).

mod contract;

use amqp_rpc::{CallError, Client};
use contract::FibClient;

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://localhost".into());
    let number = |text: String| text.parse().map_err(|error| format!("{text:?} is no number: {error}"));
    let mut numbers = std::env::args().skip(1).map(number).collect::<Result<Vec<u64>, _>>()?;
    if numbers.is_empty() {
        numbers = vec![10, 30, 90];
    }

    let fib = FibClient::new(Client::connect(url).await?);
    for n in numbers {
        match fib.compute(n).await {
            Ok(value) => println!("fib({n}) = {value}"),
            Err(CallError::Method(error)) => println!("fib({n}): {error}"),
            Err(CallError::Unroutable(_)) => {
                return Err("nobody serves fib: start `cargo run --example fib_server`".into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
