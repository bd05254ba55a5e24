//! A server and a client on a broker that is about to fail, with calls that are pending when it does.

use std::time::{Duration, Instant};

use amqp_rpc::{
    CallError, Client, ConnectOptions, Execution, RunningServer, Server,
    server::{QueueOptions, QueueType},
};
use tokio::{
    task::JoinHandle,
    time::{error::Elapsed, timeout},
};

use super::{
    ledger::{Book, LedgerServer},
    load::Load,
};
use crate::{
    services::{GateClient, GateServer, Gatekeeper},
    support::within,
};

/// The longest time that client and server may take to reconnect: a backoff may have grown to seconds.
pub(super) const RECOVERY: Duration = Duration::from_secs(30);
/// The number of pending calls of a kind.
const PENDING: u64 = 20;

/// A server of `Gate`, in a classic queue, and `Ledger`, in a quorum queue, with a client.
pub(super) struct Scene {
    pub(super) gate: Gatekeeper,
    pub(super) book: Book,
    pub(super) server: RunningServer,
    pub(super) client: Client,
}

impl Scene {
    pub(super) async fn set(options: impl Into<ConnectOptions>) -> Self {
        Self::set_with_gate_in(QueueType::Classic, options).await
    }

    /// The same with `Gate` in a queue of another type.
    pub(super) async fn set_with_gate_in(queue_type: QueueType, options: impl Into<ConnectOptions>) -> Self {
        let options = options.into();
        let (gate, book) = (Gatekeeper::closed(), Book::default());
        let quorum = QueueOptions::new().queue_type(QueueType::Quorum);
        let server = Server::new()
            .service_with(GateServer::new(gate.clone()), QueueOptions::new().queue_type(queue_type))
            .service_with(LedgerServer::new(book.clone()), quorum);
        let server =
            within("the server to start", server.start(options.clone())).await.expect("the server starts");
        let client = Client::builder().timeout(Duration::from_secs(60)).connect(options);
        let client = within("the client to connect", client).await.expect("the client connects");
        Self { gate, book, server, client }
    }

    pub(super) fn gates(&self) -> GateClient {
        GateClient::new(self.client.clone())
    }

    pub(super) fn load(&self) -> Load {
        Load::start(std::slice::from_ref(&self.client), 4, Duration::from_secs(40))
    }

    /// Calls that wait at the gate.
    pub(super) async fn pending(&self) -> Pending {
        let gates = self.gates();
        let plain = (0..PENDING).map(|tag| tokio::spawn(gates.pass(tag))).collect();
        let idempotent = (0..PENDING).map(|tag| tokio::spawn(gates.pass_idempotent(tag))).collect();
        self.gate.until_running(2 * PENDING as usize).await;
        Pending { plain, idempotent }
    }

    /// Waits until a new call is answered, and returns how long that took.
    pub(super) async fn until_answered(&self, since: Instant) -> Duration {
        let Ok(answer) = timeout(RECOVERY, self.gates().echo(7)).await else {
            panic!("no call is answered; client: {}, server: {}", self.client.state(), self.server.state());
        };
        assert_eq!(answer.expect("it is answered"), 7);
        since.elapsed()
    }
}

type Pass = JoinHandle<Result<u64, CallError<amqp_rpc::contract::NoError>>>;

/// Calls that were sent, run, and are not answered yet.
pub(super) struct Pending {
    plain: Vec<Pass>,
    idempotent: Vec<Pass>,
}

impl Pending {
    /// Waits until every plain call has failed with its connection, and returns the time since `lost`.
    pub(super) async fn until_plain_ones_fail(&mut self, fault: Instant) -> Duration {
        for call in self.plain.drain(..) {
            let outcome = within("a pending call to fail", call).await.expect("no call panics");
            let error = outcome.expect_err("the gate is closed");
            assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
            assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
        }
        fault.elapsed()
    }

    /// Opens the gate, and waits until every idempotent call is answered.
    pub(super) async fn until_idempotent_ones_are_answered(self, gate: &Gatekeeper) -> Result<(), Elapsed> {
        // Each may have run several times, and takes a permit each time.
        gate.open_for(100 * PENDING as usize);
        for (tag, call) in (0..).zip(self.idempotent) {
            let outcome = timeout(RECOVERY, call).await?.expect("no call panics");
            assert_eq!(outcome.expect("it is sent again"), tag);
        }
        Ok(())
    }
}
