//! Limits of AMQP 0-9-1.

/// The maximum length of a short string: the names of exchanges and queues, routing keys, and text
/// properties.
pub const MAX_SHORT_STRING_BYTES: usize = 255;
