//! Methods that are locked in a cluster: requests with equal keys run one at a time in all processes.

mod blocking;
mod handover;
mod limits;
mod processes;
mod requests;
mod tokens;

use amqp_rpc::{Context, RunningServer, Server, rpc_service};

use crate::{services::Gatekeeper, support::within};

/// Virtual machines: what changes one of them is locked by its id.
#[rpc_service(lock_partitions = 4)]
pub(crate) trait Vms {
    /// Waits at the gate; returns the fencing token.
    #[rpc(lock = "id", lock_scope = "cluster", idempotent)]
    async fn start(&self, id: u64, #[rpc(context)] cx: &Context) -> u64;
    /// Waits at the gate as well.
    #[rpc(lock = "id", lock_scope = "cluster", at_most_once)]
    async fn resize(&self, id: u64) -> u64;
    /// Returns the routing key and the fencing token at once.
    #[rpc(lock = "id", lock_scope = "cluster", idempotent)]
    async fn look(&self, id: u64, #[rpc(context)] cx: &Context) -> (String, Option<u64>);
    /// Waits at the gate, without a caller.
    #[rpc(lock = "id", lock_scope = "cluster", notify)]
    async fn stop(&self, id: u64, step: u64);
    /// The same, but it runs at most once.
    #[rpc(lock = "id", lock_scope = "cluster", notify, at_most_once)]
    async fn erase(&self, id: u64, step: u64);
    /// Has no lock.
    #[rpc(idempotent)]
    async fn list(&self, #[rpc(context)] cx: &Context) -> Option<u64>;
}

/// The service, with the steps that `stop` and `erase` were called with.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) gate: Gatekeeper,
    steps: std::sync::Arc<std::sync::Mutex<Vec<u64>>>,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self { gate: Gatekeeper::closed(), steps: Default::default() }
    }

    pub(crate) fn steps(&self) -> Vec<u64> {
        self.steps.lock().expect("nothing panics with it").clone()
    }

    pub(crate) async fn serve(&self, uri: impl AsRef<str>) -> RunningServer {
        let server = Server::new().service(VmsServer::new(self.clone()));
        within("the server to start", server.start(uri.as_ref())).await.expect("it starts")
    }
}

impl Vms for Host {
    async fn start(&self, _: u64, cx: &Context) -> u64 {
        self.gate.wait().await;
        cx.fencing_token().expect("the method is locked in the cluster")
    }

    async fn resize(&self, id: u64) -> u64 {
        self.gate.wait().await;
        id
    }

    async fn look(&self, _: u64, cx: &Context) -> (String, Option<u64>) {
        (cx.routing_key().to_owned(), cx.fencing_token())
    }

    async fn stop(&self, _: u64, step: u64) {
        self.steps.lock().expect("nothing panics with it").push(step);
        self.gate.wait().await;
    }

    async fn erase(&self, _: u64, step: u64) {
        self.steps.lock().expect("nothing panics with it").push(step);
        self.gate.wait().await;
    }

    async fn list(&self, cx: &Context) -> Option<u64> {
        cx.fencing_token()
    }
}
