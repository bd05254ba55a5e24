//! The end of calls whose links were lost, in a shutdown.

use std::time::Duration;

use crate::server::{
    settings::Settings,
    shutdown_report::{AbandonedCall, ShutdownReport},
};

/// How long a shutdown waits for the store of deduplicated calls, when it has cancelled some.
const SETTLE_STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// Repeats that only wait for another call do not hold the shutdown.
pub(super) fn drain_repeats(settings: &Settings) {
    if let Some(deduplication) = &settings.services.deduplication {
        deduplication.drain();
    }
}

/// Waits for the calls whose links were lost, and for what the store is to be told of those that are cancelled.
/// `abandoned`: the calls of the last link.
pub(super) async fn finish_outliving(
    settings: &Settings,
    drain_timeout: Duration,
    mut abandoned: Vec<AbandonedCall>,
) -> ShutdownReport {
    drain_repeats(settings);
    abandoned.extend(settings.outliving.finish(drain_timeout).await);
    if let Some(deduplication) = &settings.services.deduplication {
        // What is not told by then is abandoned when the lease ends.
        let _ = tokio::time::timeout(SETTLE_STORE_TIMEOUT, deduplication.settle()).await;
    }
    ShutdownReport { abandoned }
}
