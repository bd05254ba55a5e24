//! The echo with this library, and the two methods whose failures are timed.

use std::time::Duration;

use amqp_rpc::{
    Bytes, Client, Context, RunningServer, Server, dialects::Kanin, rpc_service, server::QueueOptions,
};
use amqp_rpc_bench_harness::{Caller, apply_loads};

use crate::{Failure, extras::Extra, role::Role, variant::Variant};

#[rpc_service(name = "throughput", exchange = "throughput", queue = "throughput.amqp-rpc")]
pub(crate) trait Echo {
    async fn echo(&self, n: u64) -> u64;
    /// Answers well after the caller has given up.
    async fn dawdle(&self, #[rpc(context)] cx: &Context);
}

/// The echo, deduplicated: each call has a key of its own.
#[rpc_service(exchange = "throughput", queue = "throughput.amqp-rpc")]
pub(crate) trait EchoOnce {
    #[rpc(deduplicate)]
    async fn echo_once(&self, n: u64) -> u64;
}

/// The echo of a number as its bytes.
#[rpc_service]
pub(crate) trait EchoBytes {
    #[rpc(bare)]
    async fn echo_bytes(&self, n: Bytes) -> Bytes;
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

impl EchoOnce for Service {
    async fn echo_once(&self, n: u64) -> u64 {
        n
    }
}

impl EchoBytes for Service {
    async fn echo_bytes(&self, n: Bytes) -> Bytes {
        n
    }
}

pub(super) async fn start(role: &Role) -> Result<RunningServer, Failure> {
    let options = QueueOptions::new().without_dead_letters();
    let server = Server::new().service_with(EchoServer::new(Service), options);
    let server =
        if role.variant == Variant::Coalesced { server.namespace(role.variant.namespace()) } else { server };
    let server = match &role.extra {
        None => server,
        Some(extra) if extra.is_deduplicated() => {
            let options = QueueOptions::new().without_dead_letters();
            extra.add_to_server(server)?.service_with(EchoOnceServer::new(Service), options)
        }
        Some(extra) if extra.is_of_bytes() => server.service_in(EchoBytesServer::new(Service), Kanin::new()),
        Some(extra) => extra.serve_in_dialect(extra.add_to_server(server)?, || EchoServer::new(Service)),
    };
    Ok(server.start(&role.url).await?)
}

/// The client of the method that the role's extra calls.
pub(super) async fn run_client(role: &Role) -> Result<(), Failure> {
    let client = connect(role).await?;
    if role.extra.as_ref().is_some_and(Extra::is_deduplicated) {
        apply_loads(EchoOnceClient::new(client)).await
    } else if role.extra.as_ref().is_some_and(Extra::is_of_bytes) {
        apply_loads(EchoBytesClient::new(client)).await
    } else {
        apply_loads(EchoClient::new(client)).await
    }
}

async fn connect(role: &Role) -> Result<Client, Failure> {
    let client = match role.variant {
        Variant::Coalesced => Client::builder().namespace(role.variant.namespace()).coalesce(64),
        _ => Client::builder(),
    };
    let client = match &role.extra {
        None => client,
        Some(extra) => extra.add_to_client(client)?,
    };
    Ok(client.connect(&role.url).await?)
}

impl Caller for EchoClient {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(Self::echo(self, n).await?)
    }
}

impl Caller for EchoOnceClient {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.echo_once(n).await?)
    }
}

impl Caller for EchoBytesClient {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let echoed = self.echo_bytes(n.to_be_bytes().to_vec().into()).await?;
        Ok(u64::from_be_bytes(echoed[..].try_into()?))
    }
}
