//! Why a thread cannot wait.

/// A blocking client, or a call that was made through one, was not waited for. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CannotBlock {
    /// The thread belongs to an async runtime, whose other tasks would stand still.
    #[error(
        "a blocking client waits on a thread of an async runtime, which would stop the other tasks there; use the async `Client`, or a thread of `std::thread::spawn`"
    )]
    InAsyncRuntime,
    /// The call was made through an async client, or was polled already.
    #[error("the call was made through an async client; await it, or make it through a `blocking::Client`")]
    NoBlockingClient,
}
