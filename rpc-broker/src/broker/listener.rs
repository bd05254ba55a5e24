//! Accepts connections, and ends them when the broker stops.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use crate::{connection, interception::AcceptAction, shared::Shared, vhost::VhostRegistry};

/// How long clients have to confirm the close of their connections, before the sockets are closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause after a failed accept.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

pub(super) enum Control {
    /// Stops listening and ends all connections: with `connection.close`, or in a crash with a reset.
    Stop { crash: bool, done: oneshot::Sender<()> },
    /// Listens again on the same port.
    StartAgain(oneshot::Sender<io::Result<()>>),
    /// Ends the task.
    Exit,
}

pub(super) struct Listener {
    /// Registered with the runtime when the task starts.
    bound: Option<std::net::TcpListener>,
    listener: Option<TcpListener>,
    address: SocketAddr,
    shared: Arc<Shared>,
    vhosts: Arc<VhostRegistry>,
    control: mpsc::UnboundedReceiver<Control>,
    connections: JoinSet<()>,
    /// Accepted connections to which nothing is ever written.
    ignored: JoinSet<()>,
}

impl Listener {
    pub(super) fn new(
        bound: std::net::TcpListener,
        address: SocketAddr,
        shared: Arc<Shared>,
        vhosts: Arc<VhostRegistry>,
        control: mpsc::UnboundedReceiver<Control>,
    ) -> Self {
        Self {
            bound: Some(bound),
            listener: None,
            address,
            shared,
            vhosts,
            control,
            connections: JoinSet::new(),
            ignored: JoinSet::new(),
        }
    }

    pub(super) async fn run(mut self) {
        if let Some(bound) = self.bound.take() {
            match TcpListener::from_std(bound) {
                Ok(listener) => self.listener = Some(listener),
                Err(error) => tracing::error!(%error, "the broker cannot listen"),
            }
        }
        let mut accept_again = Instant::now();
        loop {
            tokio::select! {
                biased;
                control = self.control.recv() => match control {
                    Some(Control::Stop { crash, done }) => {
                        self.stop(crash).await;
                        let _ = done.send(());
                    }
                    Some(Control::StartAgain(done)) => {
                        let _ = done.send(self.start_again().await);
                    }
                    Some(Control::Exit) | None => return,
                },
                accepted = accept(self.listener.as_ref(), accept_again) => match accepted {
                    Ok(stream) => self.serve(stream),
                    // For example too many open files. The client waits in the kernel's queue, and an
                    // immediate retry would only keep the thread busy.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        accept_again = Instant::now() + ACCEPT_RETRY_DELAY;
                    }
                },
                Some(_) = self.connections.join_next() => {}
                Some(_) = self.ignored.join_next() => {}
            }
        }
    }

    fn serve(&mut self, stream: TcpStream) {
        // Nagle's algorithm would delay small frames. A socket without the option still works.
        let _ = stream.set_nodelay(true);
        match self.shared.faults.next_accept_action() {
            AcceptAction::Serve => {}
            AcceptAction::Reset => return reset(&stream),
            AcceptAction::Ignore => return drop(self.ignored.spawn(ignore(stream))),
        }
        let (read, write) = stream.into_split();
        self.connections.spawn(connection::serve(
            read,
            write,
            Arc::clone(&self.shared),
            Arc::clone(&self.vhosts),
        ));
    }

    async fn stop(&mut self, crash: bool) {
        self.listener = None;
        for vhost in self.vhosts.all() {
            vhost.run(move |vhost| vhost.stop(crash)).await;
        }
        self.ignored.shutdown().await;
        let all = async { while self.connections.join_next().await.is_some() {} };
        // Connections that do not confirm in time are closed, as are those that a rule keeps from being
        // reset.
        let _ = timeout(CLOSE_TIMEOUT, all).await;
        self.connections.shutdown().await;
    }

    async fn start_again(&mut self) -> io::Result<()> {
        if self.listener.is_none() {
            self.listener = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }
}

/// Makes the close of the socket a reset.
fn reset(stream: &TcpStream) {
    // When linger cannot be set, the socket is closed normally, which ends the connection as well.
    let _ = stream.set_zero_linger();
}

/// Reads what the client sends and writes nothing, until the client closes the connection.
async fn ignore(mut stream: TcpStream) {
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// Waits forever while the broker is stopped.
async fn accept(listener: Option<&TcpListener>, not_before: Instant) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => {
            if not_before > Instant::now() {
                sleep_until(not_before).await;
            }
            listener.accept().await.map(|(stream, _)| stream)
        }
        None => std::future::pending().await,
    }
}
