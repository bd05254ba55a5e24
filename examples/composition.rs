//! Services of several modules in one program. A configuration selects some of them, and others are added and
//! removed while the program runs.
//!
//! Run: `cargo run --example composition`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use amqp_rpc::{Client, Server};
use broker::BrokerToUse;

/// Written by one team; its name on the wire has the team's prefix.
mod trees {
    #[amqp_rpc::rpc_service(name = "garden.trees")]
    pub(super) trait Trees {
        async fn plant(&self, name: String) -> String;
    }

    pub(super) struct Gardener;

    impl Trees for Gardener {
        async fn plant(&self, name: String) -> String {
            format!("planted: {name}")
        }
    }
}

/// Written by another team.
mod weather {
    #[amqp_rpc::rpc_service]
    pub(super) trait Weather {
        async fn today(&self) -> String;
    }

    pub(super) struct Station;

    impl Weather for Station {
        async fn today(&self) -> String {
            "rain".into()
        }
    }
}

use trees::{Gardener, TreesClient, TreesServer};
use weather::{Station, WeatherClient, WeatherServer};

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

/// All that this program can serve.
fn everything() -> Server {
    Server::new().service(TreesServer::new(Gardener)).service(WeatherServer::new(Station))
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let client = Client::connect(broker.url()).await?;
    let (trees, weather) = (TreesClient::new(client.clone()), WeatherClient::new(client.clone()));

    // The names would come from a configuration. A misspelt name is an error.
    if let Err(error) = everything().only(["wether"]).start(broker.url()).await {
        println!("{error}");
    }
    let server = everything().only(["weather"]).start(broker.url()).await?;
    println!("served from {}: {}", server.queues().join(", "), weather.today().await?);

    server.add(TreesServer::new(Gardener)).await?;
    println!("served from {}: {}", server.queues().join(", "), trees.plant("oak".into()).await?);
    if let Err(error) = server.add(TreesServer::new(Gardener)).await {
        println!("{error}");
    }

    let report = server.remove("weather").await?;
    println!("served from {}, calls cut off: {}", server.queues().join(", "), report.abandoned.len());
    // Its queue still exists: a call made now waits until a server consumes the queue again.
    let waiting = tokio::spawn(weather.today());
    server.add(WeatherServer::new(Station)).await?;
    println!("called meanwhile: {}", waiting.await??);

    client.close().await;
    server.shutdown().await?;
    Ok(())
}
