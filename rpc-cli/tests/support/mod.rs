//! A broker with the shop, and the program in a home of its own.

mod home;
mod program;

pub(crate) use self::{
    home::Home,
    program::{Program, Ran, Running, within},
};

use amqp_rpc::{RunningServer, Server};
use amqp_rpc_broker::Broker;

use crate::shop::{Shelves, ShopServer};

/// A broker with the shop, and a home.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) home: Home,
    broker: Broker,
    // It stops when it is dropped.
    _server: RunningServer,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(Server::new().service(ShopServer::new(Shelves))).await
    }

    /// A broker with this server.
    pub(crate) async fn with(server: Server) -> Self {
        let broker = Broker::start().await.expect("the broker starts");
        let server = server.start(broker.uri()).await.expect("the server starts");
        Self { home: Home::create(), broker, _server: server }
    }

    /// Ends the broker as a crash does. The home is kept.
    pub(crate) fn crash(self) -> Home {
        self.home
    }

    pub(crate) fn url(&self) -> String {
        self.broker.uri()
    }

    /// The program with these arguments, with the broker in `AMQP_URL`.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        self.home.program(arguments).env("AMQP_URL", &self.url())
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.program(arguments).run("").await
    }
}
