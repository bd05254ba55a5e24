//! The handle of a running broker.

mod builder;
mod connection;
mod fault_injection;
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
pub use fault_injection::ConfirmHold;
pub use vhost::Vhost;

use crate::{
    auth::Permissions,
    shared::Shared,
    vhost::{Command, Mailbox, VhostRegistry, VhostState},
};
use listener::Control;

/// The default user and its password. It has all permissions in every virtual host.
const GUEST: &str = "guest";

/// A running broker on 127.0.0.1.
///
/// It runs on its own thread and tokio runtime: tests of any kind can start one, and neither a blocked nor a
/// paused test runtime delays it. Several brokers can run in one process.
///
/// Dropping it ends it at once, like a crash: clients see their connections break.
/// [`shutdown`](Self::shutdown) closes the connections first.
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
    vhosts: Arc<VhostRegistry>,
    address: SocketAddr,
    runtime: Handle,
    control: mpsc::UnboundedSender<Control>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Broker {
    /// Starts a broker on a free port, with the user `guest` (password `guest`) and the virtual host `/`. The
    /// broker is ready when this returns.
    ///
    /// # Errors
    ///
    /// When no port can be listened on, or no thread can be started.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Builds a broker with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address that the broker listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The AMQP URI for the user `guest` and the virtual host `/`: `amqp://guest:guest@127.0.0.1:PORT`.
    #[must_use]
    pub fn uri(&self) -> String {
        uri::of(self.address, GUEST, GUEST, None)
    }

    /// The AMQP URI for the user `guest` and another virtual host.
    #[must_use]
    pub fn uri_of(&self, vhost: &str) -> String {
        self.uri_as(GUEST, GUEST, vhost)
    }

    /// The AMQP URI for any user and any virtual host. Neither is checked.
    #[must_use]
    pub fn uri_as(&self, user: &str, password: &str, vhost: &str) -> String {
        uri::of(self.address, user, password, Some(vhost))
    }

    /// Adds a virtual host in which `guest` has all permissions. One that exists is not changed.
    pub fn add_vhost(&self, vhost: &str) {
        self.shared.users.set_permissions(GUEST, vhost, Permissions::all());
        if self.vhosts.get(vhost).is_none() {
            let (mailbox, inbox) = Mailbox::new();
            self.vhosts.insert(vhost, mailbox);
            let task = self.runtime.spawn(VhostState::new(vhost, Arc::clone(&self.shared)).run(inbox));
            let (vhosts, name) = (Arc::clone(&self.vhosts), vhost.to_owned());
            self.runtime.spawn(async move {
                // A bug in this crate. A virtual host that is gone is better than one that seems to be empty.
                if let Err(panicked) = task.await
                    && panicked.is_panic()
                {
                    tracing::error!(
                        vhost = name,
                        "the task of a virtual host has panicked; its clients are disconnected"
                    );
                    vhosts.remove(&name);
                }
            });
        }
    }

    /// Removes a virtual host with everything in it. Its connections are closed with 320 `CONNECTION_FORCED`.
    pub fn remove_vhost(&self, vhost: &str) {
        self.shared.users.remove_vhost(vhost);
        if let Some(mailbox) = self.vhosts.remove(vhost) {
            mailbox.send(Command::Stop);
        }
    }

    /// Adds a user without permissions, or changes the password of an existing one.
    pub fn add_user(&self, user: &str, password: &str) {
        self.shared.users.add_user(user, password);
    }

    /// Removes a user. Its open connections stay open, without permissions.
    pub fn remove_user(&self, user: &str) {
        self.shared.users.remove_user(user);
    }

    /// Sets the permissions of a user in a virtual host. They apply to the next request of open connections.
    pub fn set_permissions(&self, user: &str, vhost: &str, permissions: Permissions) {
        self.shared.users.set_permissions(user, vhost, permissions);
    }

    /// Returns a handle of a virtual host; `None` when there is none of this name.
    #[must_use]
    pub fn vhost(&self, vhost: &str) -> Option<Vhost> {
        self.vhosts.get(vhost).map(|mailbox| Vhost::new(mailbox, Arc::clone(&self.shared.faults)))
    }

    /// Blocks publishers, as a broker does that is low on memory: a connection that publishes gets
    /// `connection.blocked`, and its requests are not read until [`unblock`](Self::unblock).
    ///
    /// [`Like::LavinMq`](crate::Like::LavinMq) gives no reason: it refuses each publish and each new queue with
    /// 406 `Server low on disk space`, which closes the channel.
    pub fn block(&self, reason: &str) {
        self.shared.memory.block_by_user(Some(reason.into()));
    }

    /// Unblocks publishers.
    pub fn unblock(&self) {
        self.shared.memory.block_by_user(None);
    }

    /// The bytes of messages in memory: ready, unacknowledged and arriving.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        self.shared.memory.used()
    }

    /// Stops as RabbitMQ does: connections are closed with 320 `CONNECTION_FORCED`, and new ones are refused.
    /// What is durable is kept for [`start_again`](Self::start_again). Returns when all connections have
    /// ended.
    pub async fn stop(&self) {
        self.ask(|done| Control::Stop { crash: false, done }).await;
    }

    /// Stops like a killed process: connections are reset. What is durable is kept for
    /// [`start_again`](Self::start_again).
    pub async fn crash(&self) {
        self.ask(|done| Control::Stop { crash: true, done }).await;
    }

    /// Starts again after [`stop`](Self::stop) or [`crash`](Self::crash), on the same port. Durable
    /// exchanges, durable queues and their persistent messages are kept.
    ///
    /// # Errors
    ///
    /// When something else listens on the port now.
    pub async fn start_again(&self) -> Result<(), StartError> {
        match self.ask(Control::StartAgain).await {
            Some(listening) => listening.map_err(StartError::Listen),
            None => Ok(()),
        }
    }

    /// [`stop`](Self::stop), then [`start_again`](Self::start_again).
    ///
    /// # Errors
    ///
    /// The errors of [`start_again`](Self::start_again).
    pub async fn restart(&self) -> Result<(), StartError> {
        self.stop().await;
        self.start_again().await
    }

    /// Closes all connections, and ends the broker. Waits for the slowest client, at most two seconds.
    pub async fn shutdown(mut self) {
        self.stop().await;
        self.exit();
    }

    async fn ask<T>(&self, control: impl FnOnce(oneshot::Sender<T>) -> Control) -> Option<T> {
        let (done, answer) = oneshot::channel();
        // The task of the listener lives as long as this handle.
        let _ = self.control.send(control(done));
        answer.await.ok()
    }

    fn exit(&mut self) {
        let _ = self.control.send(Control::Exit);
        if let Some(thread) = self.thread.take() {
            // It ends at once: nothing on it blocks.
            let _ = thread.join();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.exit();
    }
}
