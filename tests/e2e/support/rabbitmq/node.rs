//! A RabbitMQ node and its administration: Erlang expressions evaluated on it by `erl_call`, in milliseconds.

use std::{
    env,
    ffi::OsString,
    fs,
    io::Write,
    path::Path,
    process::{self, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use crate::support::{bytes::write_all, uri::BrokerUri, wait::within};

/// A node that one of our scripts started: that of this run, or a private one of a test.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    uri: BrokerUri,
    erl_call: OsString,
    node: OsString,
    home: OsString,
    epmd_port: OsString,
}

impl Node {
    /// The node that the environment names. Panics with instructions when it names none.
    pub(crate) fn of_this_run() -> &'static Self {
        static NODE: OnceLock<Node> = OnceLock::new();
        NODE.get_or_init(|| {
            assert!(
                env::var_os("AMQP_URL").is_some(),
                "this test needs RabbitMQ: run scripts/test.sh, which starts one"
            );
            Self::of_variables(administration)
        })
    }

    /// The node that `scripts/rabbitmq.sh` started in `directory`.
    pub(super) fn in_directory(directory: &Path) -> Self {
        let file = directory.join("env");
        let written = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::of_variables(|variable| {
            let prefix = format!("export {variable}=");
            let value = written.lines().find_map(|line| line.strip_prefix(&prefix));
            // Bash escapes special characters with a backslash.
            value.unwrap_or_else(|| panic!("{variable} in {}", file.display())).replace('\\', "").into()
        })
    }

    fn of_variables(value: impl Fn(&str) -> OsString) -> Self {
        Self {
            uri: BrokerUri::parse(value("AMQP_URL").to_str().expect("an address is text")),
            erl_call: value("AMQP_RPC_TEST_ERL_CALL"),
            node: value("AMQP_RPC_TEST_NODE"),
            home: value("AMQP_RPC_TEST_NODE_HOME"),
            epmd_port: value("AMQP_RPC_TEST_EPMD_PORT"),
        }
    }

    /// The name of the node in its cluster, as an Erlang atom.
    pub(super) fn name(&self) -> String {
        format!("'{}'", self.node.to_string_lossy())
    }

    /// The AMQP address of the node, as its administrator, in its default virtual host.
    pub(crate) fn uri(&self) -> BrokerUri {
        self.uri.clone()
    }

    /// The version of RabbitMQ: major and minor.
    pub(crate) async fn version(&self) -> (u32, u32) {
        let version = self.eval("list_to_atom(rabbit_misc:version())").await;
        let mut numbers = version.trim_matches('\'').split('.').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten().unwrap_or_else(|| panic!("a version: {version}"));
        (next(), next())
    }

    /// Evaluates an Erlang expression on the node and returns its value as Erlang prints it, on one line.
    pub(crate) async fn eval(&self, expression: &str) -> String {
        self.try_eval(expression).await.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// Evaluates an expression that must return `ok`.
    pub(super) async fn eval_ok(&self, expression: &str) {
        let value = self.eval(expression).await;
        assert_eq!(value, "ok", "`{expression}` on the node");
    }

    /// Evaluates an expression that may fail, because the node may be down or not ready.
    pub(super) async fn try_eval(&self, expression: &str) -> Result<String, String> {
        let mut command = tokio::process::Command::from(self.erl_call());
        let mut child = command.kill_on_drop(true).spawn().expect("erl_call starts");
        let mut input = child.stdin.take().expect("stdin is piped");
        let evaluated = async {
            // Without a running node it may end before it has read everything; its output says so.
            let _ = write_all(&mut input, printed(expression).as_bytes()).await;
            drop(input);
            child.wait_with_output().await.expect("erl_call ends")
        };
        let output = within(&format!("the node to evaluate {expression}"), evaluated).await;
        value(expression, &output)
    }

    /// Starts evaluating and does not wait: for cleaning up in `Drop`, where nothing can be awaited.
    pub(crate) fn eval_in_background(&self, expression: &str) {
        let Ok(mut child) = self.erl_call().spawn() else { return };
        if let Some(mut input) = child.stdin.take() {
            let _ = input.write_all(printed(expression).as_bytes());
        }
        thread::spawn(move || child.wait_with_output());
    }

    fn erl_call(&self) -> Command {
        let mut command = Command::new(&self.erl_call);
        command
            .arg("-h")
            .arg(unique_caller())
            .args(["-timeout", "15", "-e", "-n"])
            .arg(&self.node)
            .env("HOME", &self.home) // holds the node's cookie
            .env("ERL_EPMD_PORT", &self.epmd_port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// The node refuses a second caller of the same name, and the names that `erl_call` makes up by itself are
/// not unique.
fn unique_caller() -> String {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    format!("test{}x{}", process::id(), CALLS.fetch_add(1, Ordering::Relaxed))
}

fn administration(variable: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| {
        panic!("AMQP_URL is set but {variable} is not: end-to-end tests administer their broker, so unset AMQP_URL and run scripts/test.sh, or set AMQP_RPC_TEST_ADMIN as CONTRIBUTING.md says")
    })
}

fn printed(expression: &str) -> String {
    format!("lists:flatten(io_lib:format(\"~0p\", [begin {} end])).\n", expression.trim_end_matches('.'))
}

/// `{ok, "VALUE"}`, whose value is not escaped, so that only the ends are taken off.
fn value(expression: &str, output: &Output) -> Result<String, String> {
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.trim().strip_prefix("{ok, \"").and_then(|rest| rest.strip_suffix("\"}")) {
        Some(value) => Ok(value.to_owned()),
        None => {
            Err(format!("`{expression}` on the node: {printed} {}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}
