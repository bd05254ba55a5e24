//! The effects of a rule on the state of a connection, applied by the virtual host in the order of the
//! requests around them.

use bytes::Bytes;

/// A change that a rule makes to a connection's state.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    CloseChannel {
        channel: u16,
        code: u16,
        text: String,
    },
    CloseConnection {
        code: u16,
        text: String,
    },
    /// Refuses a publish on this channel.
    Nack {
        channel: u16,
    },
    /// Writes these bytes to the client.
    Inject(Bytes),
    /// Removes the connection, as if the client had died.
    Reset,
}
