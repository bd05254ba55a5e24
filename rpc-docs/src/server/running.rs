//! The handle of a server of documents.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::connections;

/// A server of documents that runs. Dropping it ends the server at once.
#[derive(Debug)]
#[must_use = "the server ends when it is dropped"]
pub struct RunningDocsServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningDocsServer {
    pub(super) fn start(
        listener: TcpListener,
        address: SocketAddr,
        router: Router,
        longest: Duration,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(connections::serve(listener, router, longest, stopped));
        Self { address, stop, task }
    }

    /// Where it listens, with the port that was free.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address of the page, for browsers on this machine: `http://127.0.0.1:8080/`. A server that listens on all
    /// addresses is reached on the loopback.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}/")
    }

    /// Accepts no more connections, and waits for the requests that are being answered: at most five seconds.
    pub async fn shutdown(mut self) {
        // Without a receiver it has ended already.
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningDocsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
