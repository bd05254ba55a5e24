//! Ready-made layers: a trace through two calls, metrics of both sides, and a server that refuses calls above
//! its limit.
//!
//! Run: `cargo run -p amqp-rpc-examples --example layers`. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;
#[path = "layers/recorder.rs"]
mod recorder;

use std::{fmt, sync::Arc, time::Duration};

use amqp_rpc::{
    Client, Server,
    layers::{LoadShed, Metrics, Trace},
    rpc_service,
};
use broker::BrokerToUse;
use recorder::Remembered;
use tokio::sync::Semaphore;
use tracing::{Subscriber, field::Visit, span};
use tracing_subscriber::{Layer, filter::LevelFilter, layer::Context, layer::SubscriberExt};

#[rpc_service]
trait Kitchen {
    /// Fetches every ingredient, one call each.
    async fn cook(&self, dish: String) -> String;
    async fn fetch(&self, ingredient: String) -> String;
    /// Waits until the oven is free.
    async fn bake(&self) -> u32;
}

struct Cook {
    kitchen: KitchenClient,
    /// One permit for each call that waits for the oven.
    waiting: Arc<Semaphore>,
    /// The places in the oven.
    oven: Arc<Semaphore>,
}

impl Kitchen for Cook {
    async fn cook(&self, dish: String) -> String {
        match self.kitchen.fetch("flour".into()).await {
            Ok(ingredient) => format!("{dish} of {ingredient}"),
            Err(error) => format!("no {dish}: {error}"),
        }
    }

    async fn fetch(&self, ingredient: String) -> String {
        ingredient
    }

    async fn bake(&self) -> u32 {
        self.waiting.add_permits(1);
        let _place = self.oven.acquire().await;
        220
    }
}

/// Prints the spans of calls as they begin: what an OpenTelemetry exporter would send.
struct PrintSpans;

impl<S: Subscriber> Layer<S> for PrintSpans {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == "amqp_rpc_runtime::calls" {
            let mut method = Method(String::new());
            attributes.record(&mut method);
            println!("span {} {}", metadata.name(), method.0);
        }
    }
}

struct Method(String);

impl Visit for Method {
    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        if field.name() == amqp_rpc::layers::semconv::RPC_METHOD {
            self.0 = value.to_owned();
        }
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
    let metrics = Remembered::default();
    metrics::set_global_recorder(metrics.clone())?;
    let spans = tracing_subscriber::registry().with(PrintSpans).with(LevelFilter::INFO);
    tracing::subscriber::set_global_default(spans)?;

    let broker = BrokerToUse::find_or_start().await?;
    let client = Client::builder().layer(Trace::new()).layer(Metrics::new()).connect(broker.url()).await?;
    let kitchen = KitchenClient::new(client.clone());
    let (waiting, oven) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let cook = Cook { kitchen: kitchen.clone(), waiting: Arc::clone(&waiting), oven: Arc::clone(&oven) };
    // The first layer sees a call first: refused calls are traced and measured as well.
    let server = Server::new()
        .service(KitchenServer::new(cook))
        .layer(Trace::new())
        .layer(Metrics::new())
        .layer(LoadShed::above(2))
        .start(broker.url())
        .await?;

    println!("-- one call that makes another");
    println!("{}", kitchen.cook("bread".into()).await?);

    println!("-- two calls wait for the oven, and the server takes on no more");
    let baking = [(); 2].map(|()| tokio::spawn(kitchen.bake()));
    tokio::time::timeout(Duration::from_secs(10), waiting.acquire_many(2)).await??.forget();
    match kitchen.bake().await {
        Ok(degrees) => println!("baked at {degrees}"),
        Err(error) => println!("refused: {error} (executed: {:?})", error.execution()),
    }
    oven.add_permits(2);
    for baked in baking {
        println!("baked at {}", baked.await??);
    }

    println!("-- metrics");
    client.close().await;
    server.shutdown().await?;
    let durations = |name: &String| name.contains(".call.duration");
    for (name, values) in metrics.all().into_iter().filter(|(name, _)| durations(name)) {
        println!("{name}: {} calls", values.len());
    }
    Ok(())
}
