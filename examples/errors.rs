//! The errors of a call that one program can show. Each reports whether the method ran and whether a retry is
//! safe.
//!
//! Run: `cargo run --example errors`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::time::Duration;

use amqp_rpc::{CallError, Client, Server, rpc_service};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum TransferError {
    #[error("only {available} are in the account")]
    TooLittle { available: u64 },
}

#[rpc_service]
trait Bank {
    /// Fails with its own, typed error.
    async fn transfer(&self, amount: u64) -> Result<u64, TransferError>;
    /// Has a bug.
    async fn crash(&self);
    /// Is slow; calling it twice is harmless.
    #[rpc(idempotent, timeout = "200ms")]
    async fn report(&self) -> String;
    /// Takes big requests.
    async fn archive(&self, document: String) -> usize;
}

struct Teller;

impl Bank for Teller {
    async fn transfer(&self, amount: u64) -> Result<u64, TransferError> {
        if amount > 100 { Err(TransferError::TooLittle { available: 100 }) } else { Ok(100 - amount) }
    }

    async fn crash(&self) {
        panic!("the teller tripped");
    }

    async fn report(&self) -> String {
        tokio::time::sleep(Duration::from_secs(2)).await;
        "all is well".into()
    }

    async fn archive(&self, document: String) -> usize {
        document.len()
    }
}

/// A service without a server.
#[rpc_service]
trait Mint {
    async fn coin(&self) -> u64;
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    // The bug's panic is expected here: without this its backtrace would drown the rest.
    std::panic::set_hook(Box::new(|_| {}));
    let broker = BrokerToUse::find_or_start().await?;
    let server = Server::new()
        .service(BankServer::new(Teller))
        .max_request_bytes(1_000_000)
        .start(broker.url())
        .await?;
    let client = Client::builder().max_request_bytes(2_000_000).connect(broker.url()).await?;
    let bank = BankClient::new(client.clone());

    println!("{:<12} {:<12} {:<6} error", "call", "executed", "retry");
    show("transfer", bank.transfer(40).await);
    show("transfer", bank.transfer(400).await);
    show("crash", bank.crash().await);
    show("report", bank.report().await);
    show("archive", bank.archive("x".repeat(1_500_000)).await);
    show("archive", bank.archive("x".repeat(2_500_000)).await);
    show("coin", MintClient::new(client.clone()).coin().await);
    client.close().await;
    show("transfer", bank.transfer(1).await);

    server.shutdown().await?;
    Ok(())
}

fn show<T: std::fmt::Debug, E: std::fmt::Display>(call: &str, result: Result<T, CallError<E>>) {
    match result {
        Ok(value) => println!("{call:<12} {:<12} {:<6} none: {value:?}", "Completed", ""),
        Err(error) => {
            let execution = format!("{:?}", error.execution());
            println!("{call:<12} {execution:<12} {:<6} {error}", error.is_retryable());
        }
    }
}
