//! The program of a server process: serves both contracts until it is told to stop, and writes when calls begin and
//! end.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use amqp_rpc::{Context, Server, rpc_service};
use tokio::signal::unix::{SignalKind, signal};

/// The variable that names the file that all processes append to.
pub(super) const JOURNAL: &str = "AMQP_RPC_TEST_JOURNAL";

#[rpc_service]
pub(super) trait Locked {
    #[rpc(lock = "key", lock_scope = "cluster", idempotent)]
    async fn hold(&self, key: u64, millis: u64, #[rpc(context)] cx: &Context);
}

#[rpc_service]
pub(super) trait Unlocked {
    #[rpc(idempotent)]
    async fn hold(&self, key: u64, millis: u64, #[rpc(context)] cx: &Context);
}

#[derive(Clone)]
struct Program {
    journal: Arc<File>,
    calls: Arc<AtomicU64>,
}

impl Program {
    async fn hold(&self, key: u64, millis: u64, cx: &Context) {
        let _held = Held::begin(self, key, cx);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

impl Locked for Program {
    async fn hold(&self, key: u64, millis: u64, cx: &Context) {
        self.hold(key, millis, cx).await;
    }
}

impl Unlocked for Program {
    async fn hold(&self, key: u64, millis: u64, cx: &Context) {
        self.hold(key, millis, cx).await;
    }
}

/// A call that runs, until it has returned or is cancelled.
struct Held<'a> {
    program: &'a Program,
    call: u64,
}

impl<'a> Held<'a> {
    fn begin(program: &'a Program, key: u64, cx: &Context) -> Self {
        let call = program.calls.fetch_add(1, Ordering::Relaxed);
        let held = Self { program, call };
        held.write(&format!("begin {key} {}", cx.fencing_token().unwrap_or(0)));
        held
    }

    /// One write of a line: the processes append to one file.
    fn write(&self, what: &str) {
        let line = format!("{} {} {} {what}\n", process::id(), self.call, now());
        (&*self.program.journal).write_all(line.as_bytes()).expect("the journal can be written");
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.write("end");
    }
}

/// In nanoseconds. The processes are on one machine, and its clock is not set during a test.
pub(super) fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_nanos()
}

/// Serves until SIGTERM, and drains then.
pub(super) async fn serve(uri: &str, journal: PathBuf) {
    let journal = OpenOptions::new().append(true).create(true).open(journal).expect("it can be opened");
    let program = Program { journal: Arc::new(journal), calls: Arc::default() };
    let mut terminated = signal(SignalKind::terminate()).expect("signals can be handled");
    let server = Server::new()
        .service(LockedServer::new(program.clone()))
        .service(UnlockedServer::new(program))
        .start(uri)
        .await
        .expect("it starts");
    println!("serving");
    terminated.recv().await;
    let report = server.shutdown().await.expect("it drains");
    assert!(report.abandoned.is_empty(), "{report:?}");
}
