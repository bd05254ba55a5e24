//! What a broker is started with.

use std::time::Duration;

/// The numbers and switches of one broker; the defaults are RabbitMQ's.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Offered in tune, whole seconds; 0 offers none.
    pub(crate) heartbeat: Duration,
    /// Bytes of the largest frame, its header and end mark included. Never 0: a client could take that for unlimited.
    pub(crate) frame_max: u32,
    pub(crate) channel_max: u16,
    /// Bytes of the largest body of a message.
    pub(crate) max_message_size: u64,
    /// Bytes of messages from which on publishers are blocked.
    pub(crate) memory_limit: usize,
    /// Refuse what RabbitMQ 4.3 refuses.
    pub(crate) strict_4_3: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(60),
            frame_max: 131_072,
            channel_max: 2047,
            max_message_size: 128 * 1024 * 1024,
            memory_limit: 512 * 1024 * 1024,
            strict_4_3: false,
        }
    }
}

/// How long a client has for the whole handshake, as with RabbitMQ.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection that was closed by us may take to say close-ok.
pub(crate) const CLOSING: Duration = Duration::from_secs(10);
