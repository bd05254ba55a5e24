//! A server of the [page]: for a service that shows its own documentation, and for tools.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /asyncapi.json` | the AsyncAPI document |
//! | `POST /try/SERVICE/METHOD` | calls the method with the JSON of the body; only with [`DocsServer::try_it`] |
//!
//! It listens on `127.0.0.1`, unless told otherwise, and has neither TLS nor users: put a proxy in front of it that has
//! both before it listens elsewhere.
//!
//! A request has to name, in `Host`, an IP address, `localhost`, or a name that it was given
//! ([`DocsServer::host`]): a page of another site that has its own name point to this machine is not answered. What
//! *try it* takes has to come from the page itself, or from a program that is no browser.

mod callable;
mod connections;
mod documents;
mod outcome;
mod running;
mod same_site;
mod secrets;
#[cfg(test)]
mod tests;
mod try_it;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use amqp_rpc_contract::description::ServiceDescription;
use amqp_rpc_runtime::Client;
use axum::{
    Router, middleware,
    routing::{get, post},
};
use tokio::net::TcpListener;

pub use self::running::RunningDocsServer;
use self::{callable::Callable, documents::Documents, same_site::Hosts, try_it::TryIt};
use crate::{
    asyncapi::{Info, asyncapi},
    page::{self, Extras},
};

/// How long a call of *try it* waits, unless told otherwise.
const TRY_TIMEOUT: Duration = Duration::from_secs(10);
/// How large a body of *try it* may be, unless told otherwise.
const BODY_LIMIT: usize = 256 << 10;

/// Serves the page of services over HTTP.
///
/// ```no_run
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
/// use amqp_rpc_docs::{asyncapi::Info, server::DocsServer};
///
/// # async fn run() -> std::io::Result<()> {
/// let services = vec![ServiceDescription::new("fib")];
/// let docs = DocsServer::new(services, Info::new("Numbers", "1.2.0")).start().await?;
/// println!("{}", docs.url());
/// docs.shutdown().await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is served before it is started"]
pub struct DocsServer {
    services: Vec<ServiceDescription>,
    info: Info,
    address: SocketAddr,
    hosts: Vec<String>,
    client: Option<Client>,
    timeout: Duration,
    body_limit: usize,
}

impl DocsServer {
    /// The page of these services, on a free port of `127.0.0.1`.
    pub fn new(services: Vec<ServiceDescription>, info: Info) -> Self {
        Self {
            services,
            info,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            hosts: Vec::new(),
            client: None,
            timeout: TRY_TIMEOUT,
            body_limit: BODY_LIMIT,
        }
    }

    /// Listens on this address; port 0 is a free one. Default: `127.0.0.1:0`. Who reaches the address reads the page,
    /// and with [`try_it`](Self::try_it) calls methods.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Also answers requests that call this server `name`, such as `docs.example.com`, without a port.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Gives the page a form for each call, whose requests are sent by `client`. Off by default: who opens the page
    /// calls with the client's permissions.
    ///
    /// Not offered are notifications and events, bodies of bytes, values that travel encrypted, and methods that are
    /// locked in a cluster.
    pub fn try_it(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// How long a call of *try it* waits. Default: ten seconds.
    pub fn try_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes a body of *try it* may have. Default: 256 KiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Begins to serve. It ends with [`RunningDocsServer::shutdown`], or when the handle is dropped.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn start(self) -> io::Result<RunningDocsServer> {
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        // A request has the time of its call, and as much again to arrive and to be answered.
        let longest = self.timeout.saturating_add(connections::TRANSFER);
        Ok(RunningDocsServer::start(listener, address, self.router(), longest))
    }

    fn router(self) -> Router {
        let callable = self.client.as_ref().map(|_| Callable::of(&self.services));
        let extras =
            Extras { asyncapi: Some("asyncapi.json"), try_it: callable.as_ref().map(Callable::names) };
        let documents = Documents::new(
            page::with(&self.services, &self.info, extras),
            format!("{:#}\n", asyncapi(&self.services, &self.info)),
        );
        let policy = page::policy(callable.is_some());
        let mut router = Router::new()
            .route("/", get(documents::page))
            .route("/asyncapi.json", get(documents::asyncapi))
            .with_state(documents);
        if let (Some(client), Some(callable)) = (self.client, callable) {
            let try_it = TryIt::new(client, callable, self.timeout, self.body_limit);
            router = router
                .merge(Router::new().route("/try/{service}/{method}", post(try_it::call)).with_state(try_it));
        }
        router
            .layer(middleware::from_fn_with_state(Hosts::new(self.hosts), same_site::known_host))
            .layer(middleware::from_fn_with_state(documents::headers(&policy), documents::with_headers))
    }
}
