//! Events: a publisher, two groups that each receive every event they subscribe to, and a listener that
//! subscribes, narrows its topics and unsubscribes.
//!
//! Run: `cargo run --example events`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use amqp_rpc::{Client, Context, Server, Subscription, rpc_service};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

#[derive(Serialize, Deserialize)]
struct Price {
    cents: u64,
}

/// Events of a price service.
#[rpc_service]
trait Prices {
    /// Its topic is the market, such as `eu.de`.
    #[rpc(event)]
    async fn changed(&self, price: Price, #[rpc(context)] cx: &Context);
}

/// Sends a line about each received event to the main program.
struct Subscriber {
    name: &'static str,
    received: mpsc::Sender<String>,
}

impl Prices for Subscriber {
    async fn changed(&self, price: Price, cx: &Context) {
        let market = cx.topic().unwrap_or("everywhere");
        let _ = self.received.send(format!("{} saw {} in {market}", self.name, price.cents)).await;
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
    let (received, mut lines) = mpsc::channel(8);
    let subscriber = |name| PricesServer::new(Subscriber { name, received: received.clone() });

    // Two groups, which may be two programs, each of any number of servers. Billing only cares about Europe.
    let billing = Subscription::group("billing").to::<PricesChanged>(["eu.*"]);
    let audit = Subscription::group("audit").to_all::<PricesChanged>();
    let server = Server::new()
        .subscribe(subscriber("billing"), billing)
        .subscribe(subscriber("audit"), audit)
        .start(broker.url())
        .await?;

    let client = Client::connect(broker.url()).await?;
    let prices = PricesClient::new(client.clone());
    prices.changed(Price { cents: 100 }).topic("eu.de").await?;
    print_next(&mut lines, 2).await;
    prices.changed(Price { cents: 200 }).topic("us.ny").await?;
    print_next(&mut lines, 1).await;

    println!("a screen joins");
    let screen = Subscription::listener().to_all::<PricesChanged>();
    let screen = server.subscribe(subscriber("screen"), screen).await?;
    prices.changed(Price { cents: 300 }).await?;
    print_next(&mut lines, 2).await;

    println!("it looks at Asia only");
    screen.add::<PricesChanged>(["asia.#"]).await?;
    screen.remove::<PricesChanged>(["#"]).await?;
    prices.changed(Price { cents: 400 }).topic("eu.fr").await?;
    print_next(&mut lines, 2).await;
    prices.changed(Price { cents: 500 }).topic("asia.jp.tokyo").await?;
    print_next(&mut lines, 2).await;

    println!("it leaves, and billing stops for a while");
    screen.unsubscribe().await?;
    for subscription in server.subscriptions() {
        if subscription.group() == Some("billing") {
            subscription.unsubscribe().await?;
        }
    }
    prices.changed(Price { cents: 600 }).topic("eu.de").await?;
    print_next(&mut lines, 1).await;

    println!("billing is back, and its group has kept what it missed");
    let billing = Subscription::group("billing").to::<PricesChanged>(["eu.*"]);
    server.subscribe(subscriber("billing"), billing).await?;
    print_next(&mut lines, 1).await;

    client.close().await;
    server.shutdown().await?;
    Ok(())
}

/// Subscribers run concurrently, so their lines are printed in alphabetical order.
async fn print_next(received: &mut mpsc::Receiver<String>, count: usize) {
    let mut lines = Vec::new();
    for _ in 0..count {
        lines.extend(received.recv().await);
    }
    lines.sort();
    for line in lines {
        println!("  {line}");
    }
}
