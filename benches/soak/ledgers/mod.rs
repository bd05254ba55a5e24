//! The ledgers of all calls and messages. Each event is checked against all events before it.

pub(crate) mod call_kinds;
pub(crate) mod calls;
pub(crate) mod history;
pub(crate) mod journal;
mod message_entry;
pub(crate) mod message_kinds;
pub(crate) mod messages;
pub(crate) mod outcome;
pub(crate) mod queue;
pub(crate) mod unmarked_redeliveries;
pub(crate) mod violations;
