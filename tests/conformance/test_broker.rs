//! The broker that a script runs on: a separate virtual host of RabbitMQ or of an embedded broker, and its
//! administration.

use std::{
    env,
    process::{self, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use amqp_rpc_broker::Like;
use tokio::{io::AsyncWriteExt, process::Command};

#[derive(Debug)]
pub(crate) struct TestBroker {
    /// The host and port.
    pub(crate) address: String,
    pub(crate) vhost: String,
    broker: Broker,
    users: Vec<String>,
}

#[derive(Debug)]
enum Broker {
    RabbitMq,
    Embedded(amqp_rpc_broker::Broker),
}

impl TestBroker {
    /// Creates a virtual host on the RabbitMQ of `AMQP_URL`; `None` when that is not set.
    pub(crate) async fn rabbitmq() -> Option<Self> {
        let url = env::var("AMQP_URL").ok()?;
        let address = url.rsplit_once('@').map_or(url.as_str(), |(_, address)| address);
        let address = address.trim_end_matches('/').to_owned();
        let vhost = fresh_name();
        let name = binary(&vhost);
        let broker = Self { address, vhost: vhost.clone(), broker: Broker::RabbitMq, users: Vec::new() };
        let permit = permit("guest", &vhost, ".*", ".*", ".*");
        eval(&format!("ok = rabbit_vhost:add({name}, <<\"tests\">>), {permit}")).await;
        Some(broker)
    }

    /// Starts an embedded broker that follows the rules of another one, with a new virtual host.
    pub(crate) async fn embedded(like: Like) -> Self {
        let broker = amqp_rpc_broker::Broker::builder().like(like).start();
        let broker = broker.await.expect("an embedded broker starts");
        let vhost = fresh_name();
        broker.add_vhost(&vhost);
        let address = broker.address().to_string();
        let broker = Self { address, vhost, broker: Broker::Embedded(broker), users: Vec::new() };
        broker.permit("guest", ".*", ".*", ".*").await;
        broker
    }

    pub(crate) async fn add_user(&mut self, user: &str, password: &str) {
        match &self.broker {
            Broker::RabbitMq => {
                let (name, password) = (binary(user), binary(password));
                eval(&format!("rabbit_auth_backend_internal:add_user({name}, {password}, <<\"tests\">>)"))
                    .await;
            }
            Broker::Embedded(broker) => broker.add_user(user, password),
        }
        self.users.push(user.to_owned());
    }

    /// Sets the permissions of a user in this virtual host, as regular expressions of names.
    pub(crate) async fn permit(&self, user: &str, configure: &str, write: &str, read: &str) {
        match &self.broker {
            Broker::RabbitMq => eval(&permit(user, &self.vhost, configure, write, read)).await,
            Broker::Embedded(broker) => {
                let permissions = amqp_rpc_broker::Permissions::new(configure, write, read);
                broker.set_permissions(user, &self.vhost, permissions.expect("scripts write valid patterns"));
            }
        }
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        match &self.broker {
            Broker::RabbitMq => {
                let users = self.users.iter().map(|user| {
                    format!("rabbit_auth_backend_internal:delete_user({}, <<\"tests\">>), ", binary(user))
                });
                let users: String = users.collect();
                let vhost = binary(&self.vhost);
                eval_in_background(&format!("{users}rabbit_vhost:delete({vhost}, <<\"tests\">>)"));
            }
            Broker::Embedded(_) => {} // dropped with its virtual hosts and users
        }
    }
}

fn fresh_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("conformance-{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

fn permit(user: &str, vhost: &str, configure: &str, write: &str, read: &str) -> String {
    let binaries: Vec<_> = [user, vhost, configure, write, read].into_iter().map(binary).collect();
    format!("rabbit_auth_backend_internal:set_permissions({}, <<\"tests\">>)", binaries.join(", "))
}

fn binary(text: &str) -> String {
    format!("<<{text:?}>>")
}

/// Evaluates an Erlang expression whose value must be `ok`.
async fn eval(expression: &str) {
    let mut command = Command::from(erl_call());
    let mut child = command.kill_on_drop(true).spawn().expect("erl_call starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    input.write_all(format!("{expression}.\n").as_bytes()).await.expect("erl_call reads its input");
    drop(input);
    let output = child.wait_with_output().await.expect("erl_call ends");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed.trim(), "{ok, ok}", "{expression}: {}", String::from_utf8_lossy(&output.stderr));
}

fn eval_in_background(expression: &str) {
    use std::io::Write;
    let Ok(mut child) = erl_call().spawn() else { return };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(format!("{expression}.\n").as_bytes());
    }
    thread::spawn(move || child.wait_with_output());
}

fn erl_call() -> process::Command {
    // The node refuses a second caller with the same name.
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let caller = format!("conformance{}x{}", process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    let mut command = process::Command::new(administration("AMQP_RPC_TEST_ERL_CALL"));
    command
        .args(["-h", &caller, "-timeout", "15", "-e", "-n"])
        .arg(administration("AMQP_RPC_TEST_NODE"))
        .env("HOME", administration("AMQP_RPC_TEST_NODE_HOME"))
        .env("ERL_EPMD_PORT", administration("AMQP_RPC_TEST_EPMD_PORT"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn administration(variable: &str) -> std::ffi::OsString {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("AMQP_URL is set but {variable} is not: see scripts/rabbitmq.sh"))
}
