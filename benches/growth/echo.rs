//! The services that are measured: any number of them in one server, each with one method.

use amqp_rpc::{
    Client, RunningServer, Server,
    middleware::{IncomingCall, Reply},
    server::QueueOptions,
};
use amqp_rpc_bench_harness::{Caller, Failure};

/// What all names on the broker begin with.
pub(crate) const NAMESPACE: &str = "growth";

/// The largest server that is measured.
pub(crate) const MOST_SERVICES: usize = 200;

/// The name of a method, and of its service and queue before the dot.
fn method(service: usize) -> String {
    format!("echo-{service}.echo")
}

/// The queue of a service on the broker.
pub(crate) fn queue(service: usize) -> String {
    format!("{NAMESPACE}.echo-{service}")
}

/// Serves so many services.
pub(crate) async fn serve(url: &str, services: usize) -> Result<RunningServer, Failure> {
    let server = Server::new().namespace(NAMESPACE).queue_options(QueueOptions::new().without_dead_letters());
    let echo = async |call: IncomingCall| Ok(Reply::bytes(call.body().clone()));
    let server = (0..services).fold(server, |server, service| server.raw(method(service), echo));
    Ok(server.start(url).await?)
}

/// Calls so many services in turn.
#[derive(Clone)]
pub(crate) struct EchoCaller {
    pub(crate) client: Client,
    pub(crate) services: usize,
}

impl Caller for EchoCaller {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let service = (n % self.services as u64) as usize;
        let answer = self.client.call_bytes(method(service), n.to_be_bytes().to_vec()).await?;
        Ok(u64::from_be_bytes(answer.as_ref().try_into()?))
    }
}
