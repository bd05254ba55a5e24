//! Calls, notifications and events.

/// What a method is to its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MethodKind {
    /// One server runs it and answers.
    #[default]
    Call,
    /// `#[rpc(notify)]`: one server runs it; nobody answers.
    Notify,
    /// `#[rpc(event)]`: every group of subscribers receives it; nobody answers.
    Event,
}
