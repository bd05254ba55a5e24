//! A broker with a small service, to try the command with.

mod shop;

use amqp_rpc::{RunningServer, Server};
use amqp_rpc_broker::Broker;

use self::shop::{Shelves, ShopServer};
use crate::{connection::chain, exit::Exit, failure::Failure};

/// A broker with a small service. Both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Example {
    broker: Broker,
    // It stops when it is dropped.
    _server: RunningServer,
}

impl Example {
    /// Starts both on 127.0.0.1. `port`: 0 for a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub(crate) async fn start(port: u16) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| {
            Failure::new(Exit::Connect, format!("the example could not be started: {}", chain(error)))
        };
        let broker = Broker::builder().port(port).start().await.map_err(|error| failed(&error))?;
        let server = Server::new().service(ShopServer::new(Shelves)).start(broker.uri()).await;
        Ok(Self { broker, _server: server.map_err(|error| failed(&error))? })
    }

    /// Where the broker listens.
    pub(crate) fn url(&self) -> String {
        self.broker.uri()
    }
}
