//! Publisher confirms as plain data.

/// The publisher confirm of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// The broker acked the message: all queues that it was routed to, if any, have it.
    Acked,
    /// The broker nacked the message: a queue did not accept it.
    Nacked,
}
