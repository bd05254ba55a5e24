//! The error of a blocking wait that is not possible.

/// The thread cannot wait for a blocking client or a call. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CannotBlock {
    /// The thread belongs to an async runtime, and waiting would stop the other tasks there.
    #[error(
        "a blocking client waits on a thread of an async runtime, which would stop the other tasks there; use the async `Client`, or a thread of `std::thread::spawn`"
    )]
    InAsyncRuntime,
    /// The call was made through an async client, or was already polled.
    #[error("the call was made through an async client; await it, or make it through a `blocking::Client`")]
    NoBlockingClient,
}
