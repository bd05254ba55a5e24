//! The handle of a running broker.

mod builder;
mod connection;
mod faults;
mod listener;
mod uri;
mod vhost;

use std::{net::SocketAddr, sync::Arc, thread};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

pub use builder::{Builder, StartError};
pub use connection::Connection;
pub use faults::WithheldConfirms;
pub use vhost::Vhost;

use crate::{auth::Permissions, shared::Shared, vhost as core};
use listener::Control;

/// The user that every broker has, with this password, and with all permissions in every virtual host.
const GUEST: &str = "guest";

/// A running broker on 127.0.0.1.
///
/// It lives on a thread and a runtime of its own: tests of any kind can start one, and neither a blocked nor a paused test runtime
/// holds it up. Several can run in one process.
///
/// Dropping it stops it at once, like a crash: clients see their connections break. [`shutdown`](Self::shutdown) tells them first.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
/// let broker = amqp_rpc_broker::Broker::start().await?;
/// println!("any AMQP 0-9-1 client can connect to {}", broker.uri());
/// broker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Broker {
    shared: Arc<Shared>,
    address: SocketAddr,
    runtime: Handle,
    control: mpsc::UnboundedSender<Control>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Broker {
    /// Starts a broker on a free port, with the user `guest` (password `guest`) and the virtual host `/`. It is ready when this returns.
    ///
    /// # Errors
    ///
    /// When no port can be listened on, or no thread can be started.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// A broker with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for clients, as `guest` in the virtual host `/`: `amqp://guest:guest@127.0.0.1:PORT`.
    #[must_use]
    pub fn uri(&self) -> String {
        uri::of(self.address, GUEST, GUEST, None)
    }

    /// Its address for clients, as `guest` in another virtual host.
    #[must_use]
    pub fn uri_of(&self, vhost: &str) -> String {
        self.uri_as(GUEST, GUEST, vhost)
    }

    /// Its address for clients, as any user in any virtual host; neither is checked.
    #[must_use]
    pub fn uri_as(&self, user: &str, password: &str, vhost: &str) -> String {
        uri::of(self.address, user, password, Some(vhost))
    }

    /// Makes a virtual host in which `guest` may do everything. One that exists stays as it is.
    pub fn add_vhost(&self, vhost: &str) {
        self.shared.users.set_permissions(GUEST, vhost, Permissions::all());
        if self.shared.vhost(vhost).is_none() {
            let (mailbox, inbox) = core::Mailbox::new();
            self.shared.insert_vhost(vhost, mailbox);
            let task = self.runtime.spawn(core::Vhost::new(vhost, Arc::clone(&self.shared)).run(inbox));
            let (shared, name) = (Arc::clone(&self.shared), vhost.to_owned());
            self.runtime.spawn(async move {
                // A bug of ours. A virtual host that is gone is better than one that seems to be empty.
                if let Err(panicked) = task.await
                    && panicked.is_panic()
                {
                    tracing::error!(
                        vhost = name,
                        "the virtual host's task has panicked; its clients are cut off"
                    );
                    shared.remove_vhost(&name);
                }
            });
        }
    }

    /// Removes a virtual host with all that is in it; its connections are closed with 320 `CONNECTION_FORCED`.
    pub fn remove_vhost(&self, vhost: &str) {
        self.shared.users.remove_vhost(vhost);
        if let Some(mailbox) = self.shared.remove_vhost(vhost) {
            mailbox.send(core::Command::Stop);
        }
    }

    /// Makes a user without permissions, or gives an existing one another password.
    pub fn add_user(&self, user: &str, password: &str) {
        self.shared.users.add_user(user, password);
    }

    /// Removes a user. Connections that are open stay open and may do nothing more.
    pub fn remove_user(&self, user: &str) {
        self.shared.users.remove_user(user);
    }

    /// Sets what a user may do in a virtual host; open connections feel it with their next request.
    pub fn set_permissions(&self, user: &str, vhost: &str, permissions: Permissions) {
        self.shared.users.set_permissions(user, vhost, permissions);
    }

    /// A virtual host, to look into it and to disturb it; `None` when there is none of this name.
    #[must_use]
    pub fn vhost(&self, vhost: &str) -> Option<Vhost> {
        self.shared.vhost(vhost).map(|mailbox| Vhost::new(mailbox, Arc::clone(&self.shared.faults)))
    }

    /// Blocks publishers as a broker does that is low on memory: a connection that publishes is told `connection.blocked` and not read
    /// from until [`unblock`](Self::unblock).
    pub fn block(&self, reason: &str) {
        self.shared.memory.block_by_hand(Some(reason.into()));
    }

    /// Lets publishers go on.
    pub fn unblock(&self) {
        self.shared.memory.block_by_hand(None);
    }

    /// Bytes of messages it holds: ready, unacknowledged and arriving.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        self.shared.memory.used()
    }

    /// Stops as RabbitMQ does: connections are closed with 320 `CONNECTION_FORCED`, new ones refused. What is durable is kept for
    /// [`bring_up`](Self::bring_up). Returns when all connections are gone.
    pub async fn take_down(&self) {
        self.ask(|done| Control::Down { crash: false, done }).await;
    }

    /// Stops without a word, as a killed process: connections are reset. What is durable is kept for [`bring_up`](Self::bring_up).
    pub async fn crash(&self) {
        self.ask(|done| Control::Down { crash: true, done }).await;
    }

    /// Listens again, on the same port. Durable exchanges, durable queues and their persistent messages are there as before.
    ///
    /// # Errors
    ///
    /// When something else listens on its port by now.
    pub async fn bring_up(&self) -> Result<(), StartError> {
        match self.ask(Control::Up).await {
            Some(listening) => listening.map_err(StartError::Listen),
            None => Ok(()),
        }
    }

    /// [`take_down`](Self::take_down), then [`bring_up`](Self::bring_up).
    ///
    /// # Errors
    ///
    /// Those of [`bring_up`](Self::bring_up).
    pub async fn restart(&self) -> Result<(), StartError> {
        self.take_down().await;
        self.bring_up().await
    }

    /// Tells all clients, closes their connections, and ends. Takes as long as the slowest client, at most two seconds.
    pub async fn shutdown(mut self) {
        self.take_down().await;
        self.stop();
    }

    async fn ask<T>(&self, control: impl FnOnce(oneshot::Sender<T>) -> Control) -> Option<T> {
        let (done, answer) = oneshot::channel();
        // The listener's task lives as long as this handle.
        let _ = self.control.send(control(done));
        answer.await.ok()
    }

    fn stop(&mut self) {
        let _ = self.control.send(Control::Stop);
        if let Some(thread) = self.thread.take() {
            // It ends at once: nothing on it blocks.
            let _ = thread.join();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}
