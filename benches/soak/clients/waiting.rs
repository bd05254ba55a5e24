//! Waits for the outcome of a call or message, with a time limit.

use std::{future::Future, time::Duration};

/// How long after its timeout a call or message may end on a busy machine. After that the soak reports that
/// it hangs.
pub(crate) const MAX_OVERRUN: Duration = Duration::from_secs(5);

pub(super) enum Ended<T> {
    With(T),
    Dropped,
}

/// Waits for the end of a call, or drops it after `dropped_after`. `None` when it has not ended within
/// `bound`.
pub(super) async fn wait_for<F: Future>(
    call: F,
    bound: Duration,
    dropped_after: Option<Duration>,
) -> Option<Ended<F::Output>> {
    match dropped_after {
        None => tokio::time::timeout(bound, call).await.ok().map(Ended::With),
        Some(limit) => match tokio::time::timeout(limit, call).await {
            Ok(ended) => Some(Ended::With(ended)),
            Err(_) => Some(Ended::Dropped),
        },
    }
}
