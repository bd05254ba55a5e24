//! Connects a TCP socket: tries the addresses of a host in turn, each with a share of the time.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::own_thread::on_own_thread;

/// Connects to `host`, a name or an address without brackets, within `limit`.
pub(crate) async fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let deadline = Instant::now() + limit;
    let late = || {
        io::Error::new(io::ErrorKind::TimedOut, format!("the connection was not accepted within {limit:?}"))
    };
    let addresses = timeout(limit, look_up(host, port)).await.map_err(|_| late())??;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let share = share(deadline, addresses.len() - tried);
        let connecting = async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // Heartbeats notice a dead peer sooner, but they can be switched off.
            socket.set_keepalive(true)?;
            let stream = socket.connect(*address).await?;
            // Calls are small: waiting to merge them into larger packets would delay them.
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

/// The addresses of `host`.
async fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let host = host.to_owned();
    on_own_thread(move || Ok((host.as_str(), port).to_socket_addrs()?.collect())).await?
}

/// The share of the time until `deadline` that one of `left` attempts may take.
pub(crate) fn share(deadline: Instant, left: usize) -> Duration {
    let remaining = deadline.saturating_duration_since(Instant::now());
    remaining / u32::try_from(left.max(1)).unwrap_or(u32::MAX)
}
