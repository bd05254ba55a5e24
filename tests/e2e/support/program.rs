//! Second processes: the Python peers of `tests/interop` and our own examples, read line by line and ended
//! with the test.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use tokio::{
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

use super::{
    bytes::{read_some, read_to_end},
    wait::within,
};

/// Set for a test that another test runs as a second process.
const RUNNING_TEST: &str = "AMQP_RPC_TEST_IS_A_PROGRAM";

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    stdout: ChildStdout,
    /// Output that was not read as lines yet.
    unread: Vec<u8>,
    seen: Vec<String>,
    stderr: JoinHandle<String>,
}

/// The exit status and the output of a program.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// Everything it printed, with the lines that were read before.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// Starts a script of `tests/interop` with the Python that `scripts/test.sh` prepared.
    pub(crate) fn python(script: &str, arguments: &[&str], uri: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(script);
        let mut command = python();
        command.arg(path).args(arguments);
        Self::start(script, command, Some(uri))
    }

    /// Starts Python with a program given as text, as a user would paste it.
    pub(crate) fn pasted_python(program: &str) -> Self {
        let mut command = python();
        command.arg("-c").arg(program);
        Self::start("the pasted program", command, None)
    }

    /// Starts an example, which `cargo test` has built beside the tests.
    pub(crate) fn example(name: &str, arguments: &[&str], uri: &str) -> Self {
        let mut command = Command::new(example_path(name));
        command.args(arguments);
        Self::start(name, command, Some(uri))
    }

    /// Starts an example without `AMQP_URL`, so that it starts its own broker.
    pub(crate) fn example_alone(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(example_path(name));
        command.args(arguments);
        Self::start(name, command, None)
    }

    /// Starts a test of this program, by its full name, as a second process; it checks
    /// [`is_running_test`](Self::is_running_test).
    pub(crate) fn running_test(name: &str, uri: &str) -> Self {
        Self::running_test_with(name, uri, &[])
    }

    /// The same, with environment variables of its own.
    pub(crate) fn running_test_with(name: &str, uri: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env::current_exe().expect("a running test knows its path"));
        command.args([name, "--exact", "--include-ignored", "--nocapture"]).env(RUNNING_TEST, "yes");
        command.envs(variables.iter().copied());
        Self::start(name, command, Some(uri))
    }

    /// Whether this process was started by [`running_test`](Self::running_test).
    pub(crate) fn is_running_test() -> bool {
        env::var_os(RUNNING_TEST).is_some()
    }

    /// Starts this command; `uri` becomes its `AMQP_URL`.
    pub(crate) fn start(name: &str, mut command: Command, uri: Option<&str>) -> Self {
        match uri {
            Some(uri) => command.env("AMQP_URL", uri),
            None => command.env_remove("AMQP_URL"),
        };
        let command =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut errors = child.stderr.take().expect("stderr is piped");
        let stderr = tokio::spawn(async move {
            let mut text = Vec::new();
            let _ = read_to_end(&mut errors, &mut text).await;
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { name: name.to_owned(), child, stdout, unread: Vec::new(), seen: Vec::new(), stderr }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or_else(|| panic!("{} has ended already", self.name))
    }

    /// The next line that it prints.
    pub(crate) async fn line(&mut self) -> String {
        let what = format!("a line of {} after {:?}", self.name, self.seen);
        let Some(line) = within(&what, self.next_line()).await else {
            let stderr = within("the end of stderr", &mut self.stderr).await.expect("stderr is read");
            panic!("{} ended after {:?}: {stderr}", self.name, self.seen);
        };
        self.seen.push(line.clone());
        line
    }

    async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            let read = read_some(&mut self.stdout, &mut self.unread).await.expect("a pipe can be read");
            if read == 0 {
                // The last line has no line end.
                let rest = std::mem::take(&mut self.unread);
                return (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned());
            }
        }
    }

    /// The next line that contains `text`; lines before it are skipped.
    pub(crate) async fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = self.line().await;
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends a signal by name (`TERM`, `INT`, `STOP`, `CONT`).
    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap_or_else(|| panic!("{} has ended already", self.name));
        // The shell's own `kill`: a minimal system has no other.
        let status =
            Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &id.to_string()]).status();
        assert!(status.await.expect("sh runs").success(), "{} takes no signal {signal}", self.name);
    }

    /// Kills it (SIGKILL: it can neither settle nor send anything more) and waits until it has ended.
    pub(crate) async fn kill(mut self) {
        within(&format!("{} to be killed", self.name), self.child.kill()).await.expect("it can be killed");
    }

    /// Waits until it ends by itself.
    pub(crate) async fn finish(mut self) -> Finished {
        let what = format!("{} to end", self.name);
        let ended = async {
            while let Some(line) = self.next_line().await {
                self.seen.push(line);
            }
            (
                self.child.wait().await.expect("it can be waited for"),
                (&mut self.stderr).await.expect("stderr is read"),
            )
        };
        let (status, stderr) = within(&what, ended).await;
        let stdout = self.seen.iter().map(|line| format!("{line}\n")).collect();
        Finished { status, stdout, stderr }
    }
}

impl Finished {
    /// Returns the output to stdout; panics with all output unless the status is 0.
    pub(crate) fn stdout_of_success(self) -> String {
        assert!(self.status.success(), "{}: {}{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}

fn python() -> Command {
    let Some(python) = env::var_os("AMQP_RPC_TEST_PYTHON") else {
        panic!(
            "AMQP_RPC_TEST_PYTHON is not set: run scripts/test.sh, or set it to what scripts/interop-python.sh prints"
        );
    };
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// `target/{profile}/examples/{name}`; this test runs as `target/{profile}/deps/{test}-{hash}`.
fn example_path(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a running test knows its path");
    let profile = test.ancestors().nth(2).expect("cargo puts tests into {profile}/deps");
    let path = profile.join("examples").join(name).with_extension(OsStr::new(env::consts::EXE_EXTENSION));
    assert!(
        path.is_file(),
        "{} is not built: `cargo test` builds the examples, `cargo test -p amqp-rpc-tests --test e2e` does not (cargo build --workspace --examples)",
        path.display()
    );
    path
}
