//! Several services in one server, two of them on one value; and the same services for two tenants of one
//! broker.
//!
//! Run: `cargo run --example multi_service`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc::{Client, Server, rpc_service};
use broker::BrokerToUse;

/// Reading the store.
#[rpc_service]
trait Reader {
    #[rpc(idempotent)]
    async fn get(&self, key: String) -> Option<String>;
}

/// Writing the store.
#[rpc_service]
trait Writer {
    #[rpc(idempotent)]
    async fn put(&self, key: String, value: String) -> Option<String>;
}

/// How many keys there are.
#[rpc_service]
trait Statistics {
    async fn count(&self) -> usize;
}

#[derive(Default)]
struct Store(Mutex<HashMap<String, String>>);

impl Reader for Store {
    async fn get(&self, key: String) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }
}

impl Writer for Store {
    async fn put(&self, key: String, value: String) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value)
    }
}

struct Counter(Arc<Store>);

impl Statistics for Counter {
    async fn count(&self) -> usize {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).len()
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
    for tenant in ["acme", "umbrella"] {
        let store = Arc::new(Store::default());
        let server = Server::new()
            .namespace(tenant)
            .service(ReaderServer::from_arc(Arc::clone(&store)))
            .service(WriterServer::from_arc(Arc::clone(&store)))
            .service(StatisticsServer::new(Counter(store)))
            .start(broker.url())
            .await?;
        println!("{tenant} is served from {}", server.queues().join(", "));

        let client = Client::builder().namespace(tenant).connect(broker.url()).await?;
        let (reader, writer) = (ReaderClient::new(client.clone()), WriterClient::new(client.clone()));
        println!("  colour was {:?}", writer.put("colour".into(), format!("{tenant} red")).await?);
        println!("  colour is  {:?}", reader.get("colour".into()).await?);
        println!("  {} key", StatisticsClient::new(client.clone()).count().await?);

        client.close().await;
        server.shutdown().await?;
    }
    Ok(())
}
