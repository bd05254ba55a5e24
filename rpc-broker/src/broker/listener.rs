//! Accepts connections, and takes them down with the broker.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use crate::{connection, faults::Greeting, shared::Shared};

/// How long clients may take to confirm that they are closed, before their sockets are.
const PATIENCE: Duration = Duration::from_secs(2);

const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

pub(super) enum Control {
    /// Stop listening and end all connections, with a word or, in a crash, without.
    Down { crash: bool, done: oneshot::Sender<()> },
    /// Listen again on the same port.
    Up(oneshot::Sender<io::Result<()>>),
    /// End now.
    Stop,
}

pub(super) struct Listener {
    /// Handed over to the runtime when it runs.
    bound: Option<std::net::TcpListener>,
    listener: Option<TcpListener>,
    address: SocketAddr,
    shared: Arc<Shared>,
    control: mpsc::UnboundedReceiver<Control>,
    connections: JoinSet<()>,
    /// Accepted, and never to be answered.
    silent: JoinSet<()>,
}

impl Listener {
    pub(super) fn new(
        bound: std::net::TcpListener,
        address: SocketAddr,
        shared: Arc<Shared>,
        control: mpsc::UnboundedReceiver<Control>,
    ) -> Self {
        Self {
            bound: Some(bound),
            listener: None,
            address,
            shared,
            control,
            connections: JoinSet::new(),
            silent: JoinSet::new(),
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
                    Some(Control::Down { crash, done }) => {
                        self.take_down(crash).await;
                        let _ = done.send(());
                    }
                    Some(Control::Up(done)) => {
                        let _ = done.send(self.bring_up().await);
                    }
                    Some(Control::Stop) | None => return,
                },
                accepted = accept(self.listener.as_ref(), accept_again) => match accepted {
                    Ok(stream) => self.serve(stream),
                    // Such as too many open files. The client waits in the kernel's queue, and asking again at once would only
                    // keep the thread busy.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        accept_again = Instant::now() + AFTER_A_FAILED_ACCEPT;
                    }
                },
                Some(_) = self.connections.join_next() => {}
                Some(_) = self.silent.join_next() => {}
            }
        }
    }

    fn serve(&mut self, stream: TcpStream) {
        // Nagle's algorithm would hold back small frames; a socket that refuses still works.
        let _ = stream.set_nodelay(true);
        match self.shared.faults.greet() {
            Greeting::Serve => {}
            Greeting::Refuse => return reset(&stream),
            Greeting::Silence => return drop(self.silent.spawn(keep_silent(stream))),
        }
        let (read, write) = stream.into_split();
        self.connections.spawn(connection::serve(read, write, Arc::clone(&self.shared)));
    }

    async fn take_down(&mut self, crash: bool) {
        self.listener = None;
        for vhost in self.shared.vhosts() {
            vhost.ask(move |vhost| vhost.go_down(crash)).await;
        }
        self.silent.shutdown().await;
        let all = async { while self.connections.join_next().await.is_some() {} };
        // Those that do not confirm in time are closed without, and those that cannot be reset because a rule holds them.
        let _ = timeout(PATIENCE, all).await;
        self.connections.shutdown().await;
    }

    async fn bring_up(&mut self) -> io::Result<()> {
        if self.listener.is_none() {
            self.listener = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }
}

/// Makes closing the connection a reset.
fn reset(stream: &TcpStream) {
    // One that refuses is closed in the ordinary way, which ends it as well.
    let _ = stream.set_zero_linger();
}

/// Takes what the client says and answers nothing, until the client leaves.
async fn keep_silent(mut stream: TcpStream) {
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// Pending for ever while the broker is down.
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
