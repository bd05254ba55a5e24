//! The reply as AMQP properties: the server writes it, the client reads it.

mod compose;
mod decode;
mod fault;
mod received;
#[cfg(test)]
mod tests;

pub(crate) use compose::compose;
#[cfg(feature = "idempotency")]
pub(crate) use fault::read as read_fault;
pub(crate) use received::{Reading, ReceivedReply};

const RESULT: &str = "result";
const ERROR: &str = "error";
const FAULT: &str = "fault";

/// Returns whether a property `type` is that of a reply.
pub(crate) fn is_kind(kind: &str) -> bool {
    [RESULT, ERROR, FAULT].contains(&kind)
}
