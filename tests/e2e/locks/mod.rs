//! Locks: requests with an equal value never run at the same time, and those that wait hold up no others.

mod deduplicated;
mod ending;
mod exclusion;
mod kinds;
mod messages;
mod received;
mod servers;
mod waiting;

use amqp_rpc::{Server, rpc_service};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{services::Gatekeeper, support::intervals::Intervals};

#[derive(Debug, Serialize, Deserialize)]
struct Cluster {
    id: u64,
}

/// Operations on clusters, which wait until the test opens the gate.
#[rpc_service]
trait Clusters {
    #[rpc(lock = "id")]
    async fn start(&self, id: u64, tag: u64) -> u64;
    /// Of the same lock as `start`.
    #[rpc(lock = "id")]
    async fn stop(&self, id: u64, tag: u64) -> u64;
    /// Of the same lock, by the value of a field.
    #[rpc(lock = "cluster.id", lock_name = "id")]
    async fn resize(&self, cluster: Cluster, tag: u64) -> u64;
    /// Of a lock of its own.
    #[rpc(lock = "id", lock_name = "backups")]
    async fn back_up(&self, id: u64, tag: u64) -> u64;
    #[rpc(lock = "id", at_most_once)]
    async fn start_once(&self, id: u64, tag: u64) -> u64;
    #[rpc(lock = "name", lock_name = "names")]
    async fn rename(&self, name: Option<String>, tag: u64) -> u64;
    /// One at a time.
    #[rpc(lock)]
    async fn rebuild(&self, tag: u64) -> u64;
    #[rpc(lock = "id", notify)]
    async fn note(&self, id: u64, tag: u64);
    #[rpc(lock = "id")]
    async fn panic(&self, id: u64);
    /// Blocks its thread until the test opens the gate.
    #[rpc(lock = "id", blocking)]
    fn compile(&self, id: u64, tag: u64) -> u64;
    /// What `start` does, without a lock.
    async fn start_without_lock(&self, id: u64, tag: u64) -> u64;
    /// Without a lock, at once.
    async fn echo(&self, tag: u64) -> u64;
}

/// Records when its methods run. Clones share the record.
#[derive(Clone)]
struct Operator {
    gate: Gatekeeper,
    intervals: Intervals,
}

impl Operator {
    /// Its methods wait.
    fn new() -> Self {
        Self { gate: Gatekeeper::closed(), intervals: Intervals::new() }
    }

    fn server(&self) -> Server {
        Server::new().service(ClustersServer::new(self.clone()))
    }

    /// Opens the gate when the test ends, also by a panic: its runtime waits for threads that block.
    fn release(&self) -> Release {
        Release(self.gate.clone())
    }

    async fn operate(&self, key: impl ToString, tag: u64) -> u64 {
        let _running = self.intervals.begin(key, tag);
        self.gate.wait().await;
        tag
    }
}

struct Release(Gatekeeper);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.open_for(1000);
    }
}

impl Clusters for Operator {
    async fn start(&self, id: u64, tag: u64) -> u64 {
        self.operate(id, tag).await
    }

    async fn stop(&self, id: u64, tag: u64) -> u64 {
        self.operate(id, tag).await
    }

    async fn resize(&self, cluster: Cluster, tag: u64) -> u64 {
        self.operate(cluster.id, tag).await
    }

    async fn back_up(&self, id: u64, tag: u64) -> u64 {
        self.operate(format!("backup of {id}"), tag).await
    }

    async fn start_once(&self, id: u64, tag: u64) -> u64 {
        self.operate(id, tag).await
    }

    async fn rename(&self, name: Option<String>, tag: u64) -> u64 {
        self.operate(format!("{name:?}"), tag).await
    }

    async fn rebuild(&self, tag: u64) -> u64 {
        self.operate("rebuild", tag).await
    }

    async fn note(&self, id: u64, tag: u64) {
        self.operate(id, tag).await;
    }

    async fn panic(&self, id: u64) {
        let _running = self.intervals.begin(id, 0);
        panic!("cluster {id}");
    }

    fn compile(&self, id: u64, tag: u64) -> u64 {
        tokio::runtime::Handle::current().block_on(self.operate(id, tag))
    }

    async fn start_without_lock(&self, id: u64, tag: u64) -> u64 {
        self.operate(id, tag).await
    }

    async fn echo(&self, tag: u64) -> u64 {
        tag
    }
}

/// Events of clusters, and their handlers.
#[rpc_service]
trait Changes {
    #[rpc(event, lock = "id")]
    async fn changed(&self, id: u64, tag: u64);
}

impl Changes for Operator {
    async fn changed(&self, id: u64, tag: u64) {
        self.operate(id, tag).await;
    }
}

/// Sends on what a function has handled.
type Handled = mpsc::UnboundedSender<u64>;
