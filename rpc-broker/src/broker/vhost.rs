//! The handle of a virtual host.

use std::sync::Arc;

use crate::{
    faults::Faults,
    vhost::{Mailbox, QueueInfo},
};

/// A virtual host of a running broker, to look into it and to disturb it. Cheap to clone.
///
/// What it says was true when the broker answered. When the virtual host or the broker is gone, there is nothing in it: `None`, 0, or empty.
#[derive(Clone, Debug)]
pub struct Vhost {
    pub(super) mailbox: Mailbox,
    pub(super) faults: Arc<Faults>,
}

impl Vhost {
    pub(super) fn new(mailbox: Mailbox, faults: Arc<Faults>) -> Self {
        Self { mailbox, faults }
    }

    /// A queue, or `None` when there is none of this name.
    pub async fn queue(&self, name: &str) -> Option<QueueInfo> {
        let name = name.to_owned();
        self.mailbox.ask(move |vhost| vhost.queue_info(&name)).await.flatten()
    }

    /// All queues, sorted by name.
    pub async fn queues(&self) -> Vec<QueueInfo> {
        self.mailbox.ask(|vhost| vhost.queue_infos()).await.unwrap_or_default()
    }

    /// The bodies of the messages that are ready in a queue, in order; they stay there.
    pub async fn peek(&self, name: &str) -> Vec<Vec<u8>> {
        let name = name.to_owned();
        self.mailbox.ask(move |vhost| vhost.peek(&name)).await.unwrap_or_default()
    }

    /// Deletes a queue as an operator does; its consumers are cancelled. False when there was none.
    pub async fn delete_queue(&self, name: &str) -> bool {
        let name = name.to_owned();
        self.mailbox.ask(move |vhost| vhost.delete_by_name(&name)).await.unwrap_or_default()
    }

    /// Drops the messages that are ready in a queue; returns how many they were.
    pub async fn purge(&self, name: &str) -> usize {
        let name = name.to_owned();
        self.mailbox.ask(move |vhost| vhost.purge_by_name(&name)).await.unwrap_or_default()
    }

    /// How many connections are open.
    pub async fn connections(&self) -> usize {
        self.mailbox.ask(|vhost| vhost.open_connections()).await.unwrap_or_default()
    }

    /// What the open connections call themselves (the client property `connection_name`, empty without one), sorted.
    pub async fn connection_names(&self) -> Vec<String> {
        self.mailbox.ask(|vhost| vhost.connection_names()).await.unwrap_or_default()
    }

    /// How many channels are open, over all connections.
    pub async fn channels(&self) -> usize {
        self.mailbox.ask(|vhost| vhost.open_channels()).await.unwrap_or_default()
    }

    /// Closes all connections with 320 `CONNECTION_FORCED` and this reason, as an operator does; returns how many there were.
    pub async fn close_connections(&self, reason: &str) -> usize {
        let reason = reason.to_owned();
        self.mailbox.ask(move |vhost| vhost.force_close(&reason)).await.unwrap_or_default()
    }
}
