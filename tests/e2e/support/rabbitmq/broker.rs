//! The process of a node that a test may kill and freeze, through `scripts/rabbitmq.sh`, which touches no
//! other process.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::node::Node;

/// The longest run of a script. The scripts have shorter timeouts themselves.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(180);

/// A node with its own directory.
#[derive(Debug)]
pub(crate) struct Broker {
    directory: PathBuf,
    node: Node,
}

impl Broker {
    pub(super) fn in_directory(directory: PathBuf) -> Self {
        Self { node: Node::in_directory(&directory), directory }
    }

    /// The administration of the node.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Kills the broker (SIGKILL: no close, no flush to disk) and waits until it has ended.
    pub(crate) async fn kill_9(&self) {
        self.signal("KILL").await;
    }

    /// Starts it again after [`kill_9`](Self::kill_9), on the same data and ports, and returns when it
    /// serves.
    pub(crate) async fn start_again(&self) {
        run("rabbitmq.sh", &["restart".as_ref(), self.directory.as_os_str()], &[]).await;
    }

    /// Freezes it (SIGSTOP): connections stay open, but nothing is answered any more.
    pub(crate) async fn pause(&self) {
        self.signal("STOP").await;
    }

    pub(crate) async fn resume(&self) {
        self.signal("CONT").await;
    }

    async fn signal(&self, signal: &str) {
        run("rabbitmq.sh", &["signal".as_ref(), self.directory.as_os_str(), signal.as_ref()], &[]).await;
    }
}

/// A new directory for nodes of a test, below that of the node of this run, whose end removes it.
pub(super) fn new_directory() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let Some(run) = env::var_os("AMQP_RPC_TEST_BROKER_DIR") else {
        panic!("this test needs RabbitMQ: run scripts/test.sh, which starts one");
    };
    let name = format!("{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    Path::new(&run).join("private").join(name)
}

/// Runs one of our scripts, and panics with its output unless it succeeds.
pub(super) async fn run(script: &str, arguments: &[&OsStr], variables: &[(&str, &OsStr)]) {
    let mut command = Command::from(command(script, arguments));
    command.envs(variables.iter().copied()).stdout(Stdio::null()).kill_on_drop(true);
    let ended = timeout(SCRIPT_TIMEOUT, command.output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{script} {arguments:?} ends")).expect("bash starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {arguments:?}: {} {said}", output.status);
}

/// Kills the nodes in a directory. In `Drop` nothing can be awaited; this takes some ten milliseconds.
pub(super) fn kill_all(directory: &Path) {
    let _ = command("rabbitmq.sh", &["kill".as_ref(), directory.as_os_str()]).output();
}

fn command(script: &str, arguments: &[&OsStr]) -> process::Command {
    let mut command =
        process::Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(script));
    command.args(arguments).stdin(Stdio::null());
    command
}
