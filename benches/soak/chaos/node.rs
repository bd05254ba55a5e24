//! The RabbitMQ node that `scripts/rabbitmq.sh` started: Erlang expressions evaluated on it by `erl_call`.

use std::{
    env,
    ffi::OsString,
    io::Write,
    process::{self, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::Failure;

#[derive(Clone, Debug)]
pub(super) struct Node {
    erl_call: OsString,
    name: OsString,
    home: OsString,
    epmd_port: OsString,
}

impl Node {
    pub(super) fn of_this_run() -> Result<Self, Failure> {
        let variable = |name: &str| {
            env::var_os(name).ok_or_else(|| {
                format!("AMQP_URL is set but {name} is not: run `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench soak`")
            })
        };
        Ok(Self {
            erl_call: variable("AMQP_RPC_TEST_ERL_CALL")?,
            name: variable("AMQP_RPC_TEST_NODE")?,
            home: variable("AMQP_RPC_TEST_NODE_HOME")?,
            epmd_port: variable("AMQP_RPC_TEST_EPMD_PORT")?,
        })
    }

    /// Evaluates an expression and returns its value as Erlang prints it.
    pub(super) async fn eval(&self, expression: &str) -> Result<String, Failure> {
        let (node, expression) = (self.clone(), expression.to_owned());
        tokio::task::spawn_blocking(move || node.eval_here(&expression)).await?
    }

    fn eval_here(&self, expression: &str) -> Result<String, Failure> {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        // The node refuses a second caller of the same name.
        let caller = format!("soak{}x{}", process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
        let mut child = Command::new(&self.erl_call)
            .args(["-h", &caller, "-timeout", "50", "-e", "-n"])
            .arg(&self.name)
            .env("HOME", &self.home)
            .env("ERL_EPMD_PORT", &self.epmd_port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("erl_call has no input")?;
        writeln!(input, "lists:flatten(io_lib:format(\"~0p\", [begin {expression} end])).")?;
        drop(input);
        let output = child.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        match printed.trim().strip_prefix("{ok, \"").and_then(|rest| rest.strip_suffix("\"}")) {
            Some(value) => Ok(value.to_owned()),
            None => Err(format!("`{expression}` on the node: {printed}").into()),
        }
    }
}
