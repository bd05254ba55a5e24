//! Connecting a socket: each address of a host in turn, each with its share of the time.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::timeout,
};

/// Connects to `host`, a name or an address without brackets, within `patience`.
pub(crate) async fn connect(host: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let until = Instant::now() + patience;
    let late = || {
        io::Error::new(
            io::ErrorKind::TimedOut,
            format!("the connection was not accepted within {patience:?}"),
        )
    };
    let addresses: Vec<_> =
        timeout(patience, lookup_host((host, port))).await.map_err(|_| late())??.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let share = share(until, addresses.len() - tried);
        let connecting = async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // Heartbeats notice a dead peer sooner, but they can be switched off.
            socket.set_keepalive(true)?;
            let stream = socket.connect(*address).await?;
            // Calls are small and in a hurry.
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        match timeout(share, connecting).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = late(),
        }
    }
    Err(last)
}

/// What one of `left` attempts may take of the time until then.
pub(crate) fn share(until: Instant, left: usize) -> Duration {
    let remaining = until.saturating_duration_since(Instant::now());
    remaining / u32::try_from(left.max(1)).unwrap_or(u32::MAX)
}
