//! Identifiers of connections, channels and queues, as plain data.

/// Identifies a connection of one broker. A number is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// Identifies a channel: its connection, and its number on that connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChannelRef {
    pub(crate) connection: ConnectionId,
    pub(crate) channel: u16,
}

/// Identifies a queue. A queue that is declared again after its deletion has another identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueId(pub(crate) u64);
