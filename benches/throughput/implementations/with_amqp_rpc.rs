//! The echo with this library, and the two methods whose failures are timed.

use std::time::Duration;

use amqp_rpc::{Client, Context, RunningServer, Server, rpc_service, server::QueueOptions};

use crate::{Failure, load::Caller, role::Role};

#[rpc_service(name = "throughput", exchange = "throughput", queue = "throughput.amqp-rpc")]
pub(crate) trait Echo {
    async fn echo(&self, n: u64) -> u64;
    /// Answers well after the caller has given up.
    async fn dawdle(&self, #[rpc(context)] cx: &Context);
}

/// Its exchange exists, for [`Echo`] has the same, but no queue takes its requests.
#[rpc_service(exchange = "throughput")]
pub(crate) trait Unserved {
    async fn ask(&self);
}

struct Service;

impl Echo for Service {
    async fn echo(&self, n: u64) -> u64 {
        n
    }

    async fn dawdle(&self, cx: &Context) {
        tokio::time::sleep(cx.remaining().unwrap_or_default() + Duration::from_millis(100)).await;
    }
}

pub(super) async fn start(role: &Role) -> Result<RunningServer, Failure> {
    let options = QueueOptions::new().without_dead_letters();
    let server = Server::new().service_with(EchoServer::new(Service), options);
    let server = match &role.extra {
        None => server,
        Some(extra) => extra.add_to_server(server)?,
    };
    Ok(server.start(&role.url).await?)
}

pub(super) async fn connect(role: &Role) -> Result<EchoClient, Failure> {
    let client = match &role.extra {
        None => Client::builder(),
        Some(extra) => extra.add_to_client(Client::builder())?,
    };
    Ok(EchoClient::new(client.connect(&role.url).await?))
}

impl Caller for EchoClient {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(Self::echo(self, n).await?)
    }
}
