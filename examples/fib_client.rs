//! A client as a process of its own.
//!
//! Run: `cargo run --example fib_server`, and in another terminal the line that it prints, which sets
//! `AMQP_URL` for this program.

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
    let Ok(url) = std::env::var("AMQP_URL") else {
        return Err("AMQP_URL is not set: start `cargo run --example fib_server`, which prints it".into());
    };
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
                return Err("no server for fib: start `cargo run --example fib_server`".into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
