//! Numbers of a client: what it counts, and what users read.

use std::sync::atomic::{AtomicU64, Ordering};

use super::receive::Received;

/// Numbers of a client, as of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientStats {
    /// Calls that were sent and wait for their reply.
    pub in_flight: usize,
    /// Replies to calls that had a reply already, or whose future was dropped; duplicates included. All were
    /// discarded.
    pub late_replies: u64,
    /// Messages in the reply queue that answer none of this client's calls. All were discarded.
    pub unknown_replies: u64,
    /// Messages in the reply queue whose properties were not UTF-8, nested too deep or malformed. Those with
    /// a readable correlation id failed their call with `Decode`; the others count as unknown as well.
    pub malformed_replies: u64,
    /// Requests that were sent again: of `idempotent` methods after their connection was lost, and of any
    /// that a stopping server had not started.
    pub resent: u64,
}

/// Counts replies that no call was waiting for, and requests that were sent again.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    late_replies: AtomicU64,
    unknown_replies: AtomicU64,
    malformed_replies: AtomicU64,
    resent: AtomicU64,
}

impl Counters {
    pub(super) fn stats(&self, in_flight: usize) -> ClientStats {
        ClientStats {
            in_flight,
            late_replies: self.late_replies.load(Ordering::Relaxed),
            unknown_replies: self.unknown_replies.load(Ordering::Relaxed),
            malformed_replies: self.malformed_replies.load(Ordering::Relaxed),
            resent: self.resent.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn count_resent(&self) {
        self.resent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_received(&self, received: Received) {
        match received {
            Received::Reply | Received::Pending => {}
            Received::Malformed(refusal) => {
                self.malformed_replies.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(reason = %refusal, "discarded a malformed message in the reply queue");
            }
            Received::Late => {
                self.late_replies.fetch_add(1, Ordering::Relaxed);
                tracing::debug!("discarded a late or duplicate reply");
            }
            Received::Unknown => {
                self.unknown_replies.fetch_add(1, Ordering::Relaxed);
                tracing::warn!("discarded a reply with an unknown correlation id");
            }
        }
    }
}
