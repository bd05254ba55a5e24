//! The handle of a virtual host.

use std::sync::Arc;

use crate::{
    interception::FaultRegistry,
    vhost::{Mailbox, QueueInfo},
};

/// Inspects a virtual host of a running broker, and injects faults into it. Cheap to clone.
///
/// A result was true when the broker returned it. Once the virtual host or the broker is gone, the result is
/// `None`, 0, or empty.
#[derive(Clone, Debug)]
pub struct Vhost {
    pub(super) mailbox: Mailbox,
    pub(super) faults: Arc<FaultRegistry>,
}

impl Vhost {
    pub(super) fn new(mailbox: Mailbox, faults: Arc<FaultRegistry>) -> Self {
        Self { mailbox, faults }
    }

    /// Describes a queue; `None` when there is none of this name.
    pub async fn queue(&self, name: &str) -> Option<QueueInfo> {
        let name = name.to_owned();
        self.mailbox.run(move |vhost| vhost.queue_info(&name)).await.flatten()
    }

    /// Describes all queues, sorted by name.
    pub async fn queues(&self) -> Vec<QueueInfo> {
        self.mailbox.run(|vhost| vhost.queue_infos()).await.unwrap_or_default()
    }

    /// Returns the bodies of the ready messages of a queue, in order. The messages stay in the queue.
    pub async fn peek(&self, name: &str) -> Vec<Vec<u8>> {
        let name = name.to_owned();
        self.mailbox.run(move |vhost| vhost.peek(&name)).await.unwrap_or_default()
    }

    /// Deletes a queue as an operator does, and cancels its consumers. Returns false when there was none.
    pub async fn delete_queue(&self, name: &str) -> bool {
        let name = name.to_owned();
        self.mailbox.run(move |vhost| vhost.delete_by_name(&name)).await.unwrap_or_default()
    }

    /// Removes the ready messages of a queue; returns how many there were.
    pub async fn purge(&self, name: &str) -> usize {
        let name = name.to_owned();
        self.mailbox.run(move |vhost| vhost.purge_by_name(&name)).await.unwrap_or_default()
    }

    /// The number of open connections.
    pub async fn connection_count(&self) -> usize {
        self.mailbox.run(|vhost| vhost.open_connections()).await.unwrap_or_default()
    }

    /// The names of the open connections (the client property `connection_name`, empty without one), sorted.
    pub async fn connection_names(&self) -> Vec<String> {
        self.mailbox.run(|vhost| vhost.connection_names()).await.unwrap_or_default()
    }

    /// The number of open channels, over all connections.
    pub async fn channel_count(&self) -> usize {
        self.mailbox.run(|vhost| vhost.open_channels()).await.unwrap_or_default()
    }

    /// Closes all connections with 320 `CONNECTION_FORCED` and this reason, as an operator does; returns how
    /// many there were.
    pub async fn close_connections(&self, reason: &str) -> usize {
        let reason = reason.to_owned();
        self.mailbox.run(move |vhost| vhost.close_connections(&reason)).await.unwrap_or_default()
    }
}
