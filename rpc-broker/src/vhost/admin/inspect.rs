//! Lists queues, messages and connections, and deletes them as an operator does.

use super::queue_info::QueueInfo;
use crate::{ids::ConnectionId, vhost::VhostState};

impl VhostState {
    pub(crate) fn queue_info(&self, name: &str) -> Option<QueueInfo> {
        Some(QueueInfo::of(self.queues.get(&self.queue_id(name)?)?))
    }

    /// Describes all queues, sorted by name.
    pub(crate) fn queue_infos(&self) -> Vec<QueueInfo> {
        let mut infos: Vec<_> = self.queues.values().map(QueueInfo::of).collect();
        infos.sort_by(|one, other| one.name.cmp(&other.name));
        infos
    }

    /// Purges a queue; returns how many messages were ready.
    pub(crate) fn purge_by_name(&mut self, name: &str) -> usize {
        self.queue_id(name).map_or(0, |id| self.purge(id))
    }

    /// Returns the bodies of the ready messages, in order.
    pub(crate) fn peek(&self, name: &str) -> Vec<Vec<u8>> {
        let queue = self.queue_id(name).and_then(|id| self.queues.get(&id));
        queue
            .map(|queue| queue.messages().map(|queued| queued.message.body.to_vec()).collect())
            .unwrap_or_default()
    }

    /// Deletes a queue as an operator does; returns false when there is none.
    pub(crate) fn delete_by_name(&mut self, name: &str) -> bool {
        let Some(id) = self.queue_id(name) else { return false };
        self.delete_queue(id);
        true
    }

    /// The number of open connections.
    pub(crate) fn open_connections(&self) -> usize {
        self.sessions.values().filter(|session| !session.closing).count()
    }

    /// The names of the open connections, sorted.
    pub(crate) fn connection_names(&self) -> Vec<String> {
        let open = self.sessions.values().filter(|session| !session.closing);
        let mut names: Vec<_> = open.map(|session| session.name.to_string()).collect();
        names.sort();
        names
    }

    /// The open connections with their names, oldest first.
    pub(crate) fn named_connections(&self) -> Vec<(ConnectionId, String)> {
        let open = self.sessions.iter().filter(|(_, session)| !session.closing);
        let mut named: Vec<_> = open.map(|(id, session)| (*id, session.name.to_string())).collect();
        named.sort();
        named
    }

    /// The number of open channels, over all connections.
    pub(crate) fn open_channels(&self) -> usize {
        let channels = self.sessions.values().flat_map(|session| session.channels.values());
        channels.filter(|channel| !channel.closing).count()
    }

    /// Closes all connections with 320; returns how many there were.
    pub(crate) fn close_connections(&mut self, reason: &str) -> usize {
        let open = self.open_connections();
        self.close_all(reason);
        open
    }
}
