//! A program of `tests/dialects/peers`: started as a server, or run for one call.
//!
//! | constructor | framework |
//! |---|---|
//! | `cyberfusion3`, `cyberfusion2` | consumer 3.5 or 2.5 as the server, rpc-client 1.2.1 as the client of both |
//! | `nameko3`, `nameko2` | nameko |
//! | `nestjs12`, `nestjs11` | @nestjs/microservices |
//! | `aio_pika`, `aio_pika_pickle`, `aio_pika_master` | aio-pika's `JsonRPC`, `RPC` and `JsonMaster` |
//! | `golevelup` | @golevelup/nestjs-rabbitmq |
//! | `faststream` | `FastStream` |
//! | `tutorial`, `tutorial_with_pika_1_3` | the tutorial's RPC in Python, and S2's sum |
//! | `celery` | Celery |
//! | `kanin` | kanin as the server; it has no client, so the client is lapin by hand |
//! | `ruststream` | `RustStream` |
//!
//! Each is `None` where it is not installed: the running test is then left out, has said so, and returns. What
//! a service's name means to a framework, and its options, stand at the top of its program.

mod installation;
mod outcome;

use serde_json::Value;
use tokio::process::Command;

use self::installation::Group;
pub(crate) use self::outcome::Outcome;
use crate::support::{Program, Vhost};

/// A peer, and the options that both of its modes are run with.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    server: Group,
    client: Group,
    program: &'static str,
    options: Vec<&'static str>,
}

impl Peer {
    pub(crate) fn cyberfusion3() -> Option<Self> {
        Self::of("cyberfusion-3", "cyberfusion_peer.py")
    }

    pub(crate) fn cyberfusion2() -> Option<Self> {
        let client = Group::installed("cyberfusion-3")?;
        Some(Self { client, ..Self::of("cyberfusion-2", "cyberfusion_peer.py")? })
    }

    pub(crate) fn nameko3() -> Option<Self> {
        Self::of("nameko-3", "nameko_peer.py")
    }

    pub(crate) fn nameko2() -> Option<Self> {
        Self::of("nameko-2", "nameko_peer.py")
    }

    pub(crate) fn nestjs12() -> Option<Self> {
        Self::of("nestjs-12", "nestjs.mjs")
    }

    pub(crate) fn nestjs11() -> Option<Self> {
        Self::of("nestjs-11", "nestjs.mjs")
    }

    pub(crate) fn aio_pika() -> Option<Self> {
        Self::of("frameworks", "aio_pika_peer.py")
    }

    pub(crate) fn aio_pika_pickle() -> Option<Self> {
        Some(Self::aio_pika()?.with(&["--pattern", "pickle"]))
    }

    pub(crate) fn aio_pika_master() -> Option<Self> {
        Some(Self::aio_pika()?.with(&["--pattern", "master"]))
    }

    pub(crate) fn golevelup() -> Option<Self> {
        Self::of("nestjs-11", "golevelup.mjs")
    }

    pub(crate) fn faststream() -> Option<Self> {
        Self::of("frameworks", "faststream_peer.py")
    }

    pub(crate) fn tutorial() -> Option<Self> {
        Self::of("frameworks", "tutorial_peer.py")
    }

    pub(crate) fn tutorial_with_pika_1_3() -> Option<Self> {
        Self::of("cyberfusion-3", "tutorial_peer.py")
    }

    pub(crate) fn celery() -> Option<Self> {
        Self::of("frameworks", "celery_peer.py")
    }

    pub(crate) fn kanin() -> Option<Self> {
        Self::of("kanin", "kanin")
    }

    pub(crate) fn ruststream() -> Option<Self> {
        Self::of("ruststream", "ruststream")
    }

    fn of(group: &'static str, program: &'static str) -> Option<Self> {
        let group = Group::installed(group)?;
        Some(Self { server: group.clone(), client: group, program, options: Vec::new() })
    }

    /// Adds options, for `serve` and `call` alike.
    pub(crate) fn with(mut self, options: &[&'static str]) -> Self {
        self.options.extend(options);
        self
    }

    /// Starts a server and waits until it consumes. It prints `ran METHOD ARGUMENTS` for each request that
    /// its handler runs, and ends on SIGTERM, or by itself after two minutes.
    pub(crate) async fn serve(&self, vhost: &Vhost, service: &str) -> Program {
        let mut server = self.start(self.server.command(self.program), &["serve", service], vhost);
        server.line_with("ready").await;
        server
    }

    /// Makes a call, and waits up to ten seconds for the reply.
    pub(crate) async fn call(&self, vhost: &Vhost, service: &str, method: &str, arguments: Value) -> Outcome {
        self.call_within(vhost, service, method, arguments, 10).await
    }

    /// Makes a call, and waits up to so many seconds for the reply.
    pub(crate) async fn call_within(
        &self,
        vhost: &Vhost,
        service: &str,
        method: &str,
        arguments: Value,
        seconds: u8,
    ) -> Outcome {
        let (arguments, seconds) = (arguments.to_string(), seconds.to_string());
        let call = ["call", service, method, &arguments, "--timeout", &seconds];
        let client = self.start(self.client.command(self.program), &call, vhost);
        Outcome::parse(&client.finish().await.stdout_of_success())
    }

    fn start(&self, mut command: Command, arguments: &[&str], vhost: &Vhost) -> Program {
        command.args(arguments).args(&self.options);
        Program::start(&format!("{} {}", self.program, arguments[0]), command, Some(&vhost.uri()))
    }
}
