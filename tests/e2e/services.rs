//! Contracts and services that many tests share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{Client, Context, RunningServer, Server, connect::ConnectionState, rpc_service};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

use crate::support::{Vhost, within};

/// The error of every fallible method here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum FibError {
    #[error("n is above {limit}")]
    TooLarge { limit: u64 },
}

/// The service of the README.
#[rpc_service]
pub(crate) trait Fib {
    #[rpc(idempotent)]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
    async fn whoami(&self, #[rpc(context)] cx: &Context) -> String;
}

pub(crate) struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        if n > 90 {
            return Err(FibError::TooLarge { limit: 90 });
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }

    async fn whoami(&self, cx: &Context) -> String {
        format!("{}/{}", cx.user_id().unwrap_or("-"), cx.app_id().unwrap_or("-"))
    }
}

/// Methods that wait until the test opens the gate.
#[rpc_service]
pub(crate) trait Gate {
    /// Returns `tag` when the gate opens.
    async fn pass(&self, tag: u64) -> u64;
    #[rpc(idempotent)]
    async fn pass_idempotent(&self, tag: u64) -> u64;
    #[rpc(at_most_once)]
    async fn pass_once(&self, tag: u64) -> u64;
    /// Returns `tag` at once.
    async fn echo(&self, tag: u64) -> u64;
    async fn panic(&self, message: String);
}

/// A gate that is closed at first, with counts of its calls. Clones share it.
#[derive(Clone)]
pub(crate) struct Gatekeeper(Arc<GateState>);

struct GateState {
    permits: Semaphore,
    running: watch::Sender<usize>,
    most_running: AtomicUsize,
    started: watch::Sender<usize>,
}

impl Gatekeeper {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(GateState {
            permits: Semaphore::new(0),
            running: watch::Sender::new(0),
            most_running: AtomicUsize::new(0),
            started: watch::Sender::new(0),
        }))
    }

    /// Lets the next `calls` calls pass, waiting or future.
    pub(crate) fn open_for(&self, calls: usize) {
        self.0.permits.add_permits(calls);
    }

    /// The number of calls of the waiting methods that have started so far.
    pub(crate) fn started(&self) -> usize {
        *self.0.started.borrow()
    }

    /// The most calls that waited at one time.
    pub(crate) fn most_running(&self) -> usize {
        self.0.most_running.load(Ordering::SeqCst)
    }

    /// Waits until `calls` wait at the gate.
    pub(crate) async fn until_running(&self, calls: usize) {
        let mut running = self.0.running.subscribe();
        within(&format!("{calls} calls at the gate"), running.wait_for(|running| *running == calls))
            .await
            .expect("the gate lives");
    }

    /// Waits until `calls` have started, in all.
    pub(crate) async fn until_started(&self, calls: usize) {
        let mut started = self.0.started.subscribe();
        within(&format!("{calls} calls to start"), started.wait_for(|started| *started >= calls))
            .await
            .expect("the gate lives");
    }

    /// Waits at the gate, as its methods do: for custom services of a test.
    pub(crate) async fn wait(&self) {
        let _running = Running::enter(&self.0);
        self.0.permits.acquire().await.expect("the gate is never torn down").forget();
    }
}

/// Counts a call while it runs, however it ends.
struct Running<'a>(&'a GateState);

impl<'a> Running<'a> {
    fn enter(state: &'a GateState) -> Self {
        state.started.send_modify(|started| *started += 1);
        state.running.send_modify(|running| {
            *running += 1;
            state.most_running.fetch_max(*running, Ordering::SeqCst);
        });
        Self(state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

impl Gate for Gatekeeper {
    async fn pass(&self, tag: u64) -> u64 {
        self.wait().await;
        tag
    }

    async fn pass_idempotent(&self, tag: u64) -> u64 {
        self.wait().await;
        tag
    }

    async fn pass_once(&self, tag: u64) -> u64 {
        self.wait().await;
        tag
    }

    async fn echo(&self, tag: u64) -> u64 {
        tag
    }

    async fn panic(&self, message: String) {
        panic!("{message}")
    }
}

/// A server of [`Fib`] in this virtual host.
pub(crate) async fn serve_fib(vhost: &Vhost) -> RunningServer {
    start(Server::new().service(FibServer::new(Fibonacci)), vhost).await
}

/// A server of [`Gate`], `concurrency` calls at a time.
pub(crate) async fn serve_gate(vhost: &Vhost, gate: &Gatekeeper, concurrency: u16) -> RunningServer {
    start(Server::new().service(GateServer::new(gate.clone())).concurrency(concurrency), vhost).await
}

pub(crate) async fn start(server: Server, vhost: &Vhost) -> RunningServer {
    within("the server to start", server.start(vhost.uri())).await.expect("the server starts")
}

/// Waits until the server serves over the connection of this epoch.
pub(crate) async fn until_epoch(server: &RunningServer, epoch: u64) {
    let mut states = server.state_changes();
    let serving = async {
        while !(states.current().is_ready() && states.current().epoch() == Some(epoch)) {
            states.changed().await.expect("the server lives");
        }
    };
    within(&format!("epoch {epoch}"), serving).await;
}

/// Waits until the server has noticed that its connection is lost. The test must keep it from reconnecting.
pub(crate) async fn until_connecting(server: &RunningServer) {
    let mut states = server.state_changes();
    let connecting = async {
        while !matches!(states.current(), ConnectionState::Connecting { .. }) {
            states.changed().await.expect("the server lives");
        }
    };
    within("the server to notice", connecting).await;
}

/// Connects a client with a timeout that no test should reach.
pub(crate) async fn connect(vhost: &Vhost) -> Client {
    let client = Client::builder().timeout(Duration::from_secs(30)).connect(vhost.uri());
    within("the client to connect", client).await.expect("the client connects")
}
