//! Deadlines: a server that cancels methods after a time limit, and calls that inherit the remaining time.
//!
//! Run: `cargo run --example deadlines`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::{future::pending, time::Duration};

use amqp_rpc::{Client, Context, RunningServer, Server, rpc_service};
use broker::BrokerToUse;

/// The service that users call.
#[rpc_service]
trait Shop {
    /// Calls the warehouse. The warehouse sees how long the customer still waits.
    async fn order(&self, item: String) -> String;
    /// Never ends by itself.
    async fn browse(&self);
}

/// The service behind it.
#[rpc_service]
trait Warehouse {
    async fn seconds_left(&self, #[rpc(context)] cx: &Context) -> Option<u64>;
    async fn note(&self, item: String);
}

struct Counter {
    warehouse: WarehouseClient,
}

impl Shop for Counter {
    async fn order(&self, item: String) -> String {
        // This must be done even if the customer has stopped waiting: it has its own timeout.
        if let Err(error) = self.warehouse.note(item).detached().await {
            return format!("not noted: {error}");
        }
        match self.warehouse.seconds_left().await {
            Ok(Some(seconds)) => format!("the warehouse has about {} s", seconds + 1),
            Ok(None) => "the warehouse has all the time".into(),
            Err(error) => error.to_string(),
        }
    }

    async fn browse(&self) {
        let _leaves = OnDrop("[shop] browse was cancelled");
        pending::<()>().await;
    }
}

struct Shelves;

impl Warehouse for Shelves {
    async fn seconds_left(&self, cx: &Context) -> Option<u64> {
        cx.remaining().map(|left| left.as_secs())
    }

    async fn note(&self, item: String) {
        println!("[warehouse] noted: {item}");
    }
}

/// Prints that a method's future was dropped at an `.await`: a part of its work may be done.
struct OnDrop(&'static str);

impl Drop for OnDrop {
    fn drop(&mut self) {
        println!("{}", self.0);
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
    let client = Client::connect(broker.url()).await?;
    let warehouse = Server::new().service(WarehouseServer::new(Shelves)).start(broker.url()).await?;
    let shop = serve_shop(&client, Server::new().handler_timeout(Duration::from_secs(20)), &broker).await?;

    // The default timeout of the client is 10 s, and a clone may have another one.
    println!("order: {}", ShopClient::new(client.clone()).order("tea".into()).await?);
    let hasty = ShopClient::new(client.with_timeout(Duration::from_secs(5)));
    println!("hasty order: {}", hasty.order("coffee".into()).await?);
    let endless = hasty.order("mate".into()).timeout(Duration::MAX);
    println!("endless order: {}", endless.await?);
    shop.shutdown().await?;

    println!("-- a server with its own time limit");
    let shop =
        serve_shop(&client, Server::new().handler_timeout(Duration::from_millis(100)), &broker).await?;
    report(ShopClient::new(client.clone()).browse().await);
    shop.shutdown().await?;

    println!("-- a server that cancels calls past their deadline");
    let shop = serve_shop(&client, Server::new().cancel_when_late(), &broker).await?;
    report(ShopClient::new(client.clone()).browse().timeout(Duration::from_millis(100)).await);
    shop.shutdown().await?;

    client.close().await;
    warehouse.shutdown().await?;
    Ok(())
}

async fn serve_shop(
    client: &Client,
    server: Server,
    broker: &BrokerToUse,
) -> Result<RunningServer, amqp_rpc::error::StartError> {
    let counter = Counter { warehouse: WarehouseClient::new(client.clone()) };
    server.service(ShopServer::new(counter)).start(broker.url()).await
}

fn report(outcome: Result<(), amqp_rpc::CallError<amqp_rpc::contract::NoError>>) {
    match outcome {
        Ok(()) => println!("browse: ended"),
        Err(error) => println!("browse: {error} (executed: {:?})", error.execution()),
    }
}
