//! Prints the beginning of a payload as RabbitMQ's errors do.

use crate::erlang_term::printed_bytes;

/// Returns "all" or "first 16", and the printed bytes.
pub(crate) fn snippet(payload: &[u8]) -> (&'static str, String) {
    const SHOWN: usize = 16;
    if payload.len() <= SHOWN {
        ("all", printed_bytes(payload))
    } else {
        ("first 16", printed_bytes(&payload[..SHOWN]))
    }
}
