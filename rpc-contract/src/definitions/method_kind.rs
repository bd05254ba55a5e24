//! Calls, notifications and events.

/// A call, a notification or an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MethodKind {
    /// One server runs it and replies.
    #[default]
    Call,
    /// `#[rpc(notify)]`: one server runs it, without a reply.
    Notify,
    /// `#[rpc(event)]`: every group of subscribers receives it, without a reply.
    Event,
}
