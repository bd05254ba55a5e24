//! The settings of a broker.

use std::time::Duration;

use crate::like::Like;

/// The settings of one broker. The defaults are RabbitMQ's, except for the memory limit.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Offered in `connection.tune`, in whole seconds; 0 offers none.
    pub(crate) heartbeat: Duration,
    /// The largest frame in bytes, including its header and end mark. Never 0: a client could take that for
    /// unlimited.
    pub(crate) frame_max: u32,
    pub(crate) channel_max: u16,
    /// The largest body of a message in bytes.
    pub(crate) max_message_size: u64,
    /// The bytes of messages above which publishers are blocked.
    pub(crate) memory_limit: usize,
    /// The broker whose rules are followed.
    pub(crate) like: Like,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(60),
            frame_max: 131_072,
            channel_max: 2047,
            max_message_size: 128 * 1024 * 1024,
            memory_limit: 512 * 1024 * 1024,
            like: Like::default(),
        }
    }
}

/// The smallest `frame_max` that AMQP allows, and the limit until it is negotiated.
pub(crate) const FRAME_MIN_SIZE: u32 = 4096;

/// How long a client has for the whole handshake, as with RabbitMQ.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client has to send close-ok when the broker closes its connection.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
