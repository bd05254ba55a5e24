//! The depth of a queue, and whether it belongs to a connection.

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) ready: u64,
    pub(crate) unacked: u64,
}

/// Whether the queue belongs to a connection: for replies, or of a listener.
pub(super) fn is_of_a_connection(queue: &str) -> bool {
    queue.starts_with("amqp-rpc.reply.") || queue.starts_with("amqp-rpc.events.")
}
