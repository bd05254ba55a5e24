//! A server as a process of its own. Start any number of them: they share the work.
//!
//! Run: `cargo run --example fib_server`, then in another terminal the line that it prints. With `AMQP_URL`
//! set for both, they use your broker. Ctrl-C or SIGTERM stops the server after the running calls.

mod broker;
mod contract;

use amqp_rpc::Server;
use broker::BrokerToUse;
use contract::{Fib, FibError, FibServer};

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        println!("compute({n}) in process {}", std::process::id());
        if n > 90 {
            return Err(FibError::TooLarge { limit: 90 });
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }
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
    let server = Server::new().service(FibServer::new(Fibonacci)).start(broker.url()).await?;
    println!("serving from queue {}", server.queues().join(", "));
    if broker.is_embedded() {
        println!("ask it with: AMQP_URL={} cargo run --example fib_client -- 30", broker.url());
    }

    let report = server.run_until(stop_signal()).await?;
    println!("stopped; {} calls were abandoned", report.abandoned.len());
    Ok(())
}

/// Resolves on Ctrl-C (SIGINT), and on SIGTERM, which systemd and Kubernetes send.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
