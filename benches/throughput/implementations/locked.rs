//! The echo with this library, of methods with locks.

use amqp_rpc::{
    Client, RunningServer, Server, rpc_service,
    server::{QueueOptions, ServiceOptions},
};
use amqp_rpc_bench_harness::Caller;

use crate::{Failure, role::Role};

#[rpc_service(name = "locked", exchange = "throughput")]
pub(super) trait LockedEcho {
    #[rpc(lock = "n")]
    async fn echo(&self, n: u64) -> u64;
    #[rpc(lock)]
    async fn echo_one_by_one(&self, n: u64) -> u64;
}

struct Service;

impl LockedEcho for Service {
    async fn echo(&self, n: u64) -> u64 {
        n
    }

    async fn echo_one_by_one(&self, n: u64) -> u64 {
        n
    }
}

pub(super) async fn start(role: &Role) -> Result<RunningServer, Failure> {
    let queue = QueueOptions::new().without_dead_letters();
    let options = ServiceOptions::new().queue_options(queue).queue(role.variant.queue());
    let server = Server::new().service_with(LockedEchoServer::new(Service), options);
    Ok(server.start(&role.url).await?)
}

pub(super) async fn connect(role: &Role) -> Result<LockedEchoClient, Failure> {
    Ok(LockedEchoClient::new(Client::connect(&role.url).await?))
}

/// Calls the method with a lock for each number.
#[derive(Clone)]
pub(super) struct Locked(pub(super) LockedEchoClient);

impl Caller for Locked {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.0.echo(n).await?)
    }
}

/// Calls the method with one lock.
#[derive(Clone)]
pub(super) struct OneByOne(pub(super) LockedEchoClient);

impl Caller for OneByOne {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.0.echo_one_by_one(n).await?)
    }
}
