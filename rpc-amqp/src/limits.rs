//! Limits that AMQP 0-9-1 sets.

/// The bytes of a short string at most: names of exchanges and queues, routing keys, and every text property.
pub const MAX_SHORT_STRING_BYTES: usize = 255;
