//! Starting a broker.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{runtime, sync::mpsc};

use super::{Broker, GUEST, listener::Listener};
use crate::{
    like::Like,
    settings::{FRAME_MIN_SIZE, Settings},
    shared::Shared,
    vhost::VhostRegistry,
};

/// The error for a broker that cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port cannot be listened on.
    #[error("no broker can listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// No thread or runtime can be started.
    #[error("no thread can be started for the broker")]
    Thread(#[source] io::Error),
}

/// Builds a broker. The default settings are RabbitMQ's, except for the memory limit.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    port: u16,
    settings: Settings,
}

impl Builder {
    /// Sets the port of 127.0.0.1 to listen on. 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the heartbeat that is offered to clients, in whole seconds; zero offers none. 60 s by default.
    pub fn heartbeat(mut self, period: Duration) -> Self {
        self.settings.heartbeat = period;
        self
    }

    /// Sets the largest frame, in bytes: 131,072 by default, at least 4,096.
    pub fn frame_max(mut self, bytes: u32) -> Self {
        self.settings.frame_max = bytes.max(FRAME_MIN_SIZE);
        self
    }

    /// Sets the maximum number of channels of a connection: 2,047 by default, at least 1.
    pub fn channel_max(mut self, channels: u16) -> Self {
        self.settings.channel_max = channels.max(1);
        self
    }

    /// Sets the largest body of a message, in bytes: 128 MiB by default.
    pub fn max_message_size(mut self, bytes: u64) -> Self {
        self.settings.max_message_size = bytes;
        self
    }

    /// Sets the bytes of messages above which publishers are blocked: 512 MiB by default.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.settings.memory_limit = bytes;
        self
    }

    /// Sets the broker whose rules are followed: RabbitMQ 3.10 by default.
    ///
    /// ```
    /// # async fn example() -> Result<(), amqp_rpc_broker::StartError> {
    /// use amqp_rpc_broker::{Broker, Like};
    ///
    /// let broker = Broker::builder().like(Like::LavinMq).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn like(mut self, like: Like) -> Self {
        self.settings.like = like;
        self
    }

    /// Starts the broker. It is ready when this returns.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened on, or no thread can be started.
    pub async fn start(self) -> Result<Broker, StartError> {
        // Nothing here waits. The function is async so that it can wait later without breaking users.
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
        let listener = listener.map_err(StartError::Listen)?;
        listener.set_nonblocking(true).map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;

        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
        let shared = Arc::new(Shared::new(self.settings));
        let vhosts = Arc::new(VhostRegistry::default());
        let (control, controlled) = mpsc::unbounded_channel();
        let handle = runtime.handle().clone();
        let task = Listener::new(listener, address, Arc::clone(&shared), Arc::clone(&vhosts), controlled);
        let thread = thread::Builder::new()
            .name("amqp-rpc-broker".to_owned())
            .spawn(move || runtime.block_on(task.run()))
            .map_err(StartError::Thread)?;

        let broker = Broker { shared, vhosts, address, runtime: handle, control, thread: Some(thread) };
        broker.add_user(GUEST, GUEST);
        broker.add_vhost("/");
        Ok(broker)
    }
}
