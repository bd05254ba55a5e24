//! Locks: calls for one cluster run one after the other, in order, and hold up no other cluster.
//!
//! Run: `cargo run --example locks`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc::{Client, Server, rpc_service};
use broker::BrokerToUse;
use tokio::sync::Barrier;

#[rpc_service]
trait Clusters {
    /// Two changes of one cluster never run at the same time.
    #[rpc(lock = "cluster")]
    async fn change(&self, cluster: String, what: String);
}

/// Notes what happens to each cluster.
#[derive(Clone)]
struct Operator {
    notes: Arc<Mutex<Vec<(String, String)>>>,
    both_are_created: Arc<Barrier>,
}

impl Operator {
    fn note(&self, cluster: &str, text: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push((cluster.to_owned(), text));
    }
}

impl Clusters for Operator {
    async fn change(&self, cluster: String, what: String) {
        self.note(&cluster, format!("{what} begins"));
        if what == "create" {
            // Ends only when the other cluster is being created, too: they do run at the same time.
            self.both_are_created.wait().await;
        }
        self.note(&cluster, format!("{what} ends"));
    }
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let operator = Operator { notes: Arc::default(), both_are_created: Arc::new(Barrier::new(2)) };
    let server = Server::new().service(ClustersServer::new(operator.clone())).start(broker.url()).await?;
    let clusters = ClustersClient::new(Client::connect(broker.url()).await?);

    let change = |cluster: &str, what: &str| clusters.change(cluster.into(), what.into());
    // All are sent at once. `resize` comes second, and waits for `create`, in the server and without a slot of it.
    tokio::try_join!(change("red", "create"), change("red", "resize"), change("blue", "create"))?;
    server.shutdown().await?;
    let notes = operator.notes.lock().unwrap_or_else(PoisonError::into_inner);
    for cluster in ["red", "blue"] {
        let of_cluster: Vec<_> =
            notes.iter().filter(|(of, _)| of == cluster).map(|(_, text)| &**text).collect();
        println!("{cluster}: {}", of_cluster.join(", "));
    }
    Ok(())
}
