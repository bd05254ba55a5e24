//! Notifications: one-way messages that one server handles. Their sender waits for the publisher confirm, not
//! for the work.
//!
//! Run: `cargo run --example notify`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use amqp_rpc::{Client, Server, rpc_service};
use broker::BrokerToUse;
use tokio::sync::mpsc;

/// Sends letters.
#[rpc_service]
trait Post {
    /// The server logs the error and puts the message with the dead letters.
    #[rpc(notify)]
    async fn send(&self, to: String) -> Result<(), Undeliverable>;
}

#[derive(Debug, thiserror::Error)]
#[error("no resident is called {0}")]
struct Undeliverable(String);

/// Sends a line about each letter to the main program.
struct Office {
    done: mpsc::Sender<String>,
}

impl Post for Office {
    async fn send(&self, to: String) -> Result<(), Undeliverable> {
        let known = ["Ada", "Grace", "Linus"].contains(&to.as_str());
        let _ = self.done.send(format!("{to}: {}", if known { "delivered" } else { "not found" })).await;
        if known { Ok(()) } else { Err(Undeliverable(to)) }
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
    let (done, mut letters) = mpsc::channel(8);
    let office = || Server::new().service(PostServer::new(Office { done: done.clone() }));
    let client = Client::connect(broker.url()).await?;
    let post = PostClient::new(client.clone());

    // The first server declares the queue, and the queue stays.
    office().start(broker.url()).await?.shutdown().await?;

    for name in ["Ada", "Grace", "Linus", "Nobody"] {
        post.send(name.into()).await?;
    }
    println!("the broker has four letters, and no server runs");

    let server = office().start(broker.url()).await?;
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.extend(letters.recv().await);
    }
    outcomes.sort();
    println!("a server started: {}", outcomes.join(", "));

    client.close().await;
    server.shutdown().await?;
    println!("the letter to Nobody waits in the queue `post.dead`, for an operator to look at");
    Ok(())
}
