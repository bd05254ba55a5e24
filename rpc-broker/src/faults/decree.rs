//! What a rule makes the vhost do, in the order of the requests around it.

use bytes::Bytes;

/// Something that a rule does to a connection's state.
#[derive(Clone, Debug)]
pub(crate) enum Decree {
    CloseChannel {
        channel: u16,
        code: u16,
        text: String,
    },
    CloseConnection {
        code: u16,
        text: String,
    },
    /// A publish on this channel is refused.
    Nack {
        channel: u16,
    },
    /// The client gets these bytes.
    Say(Bytes),
    /// The connection is gone, as if the client had died.
    Reset,
}
