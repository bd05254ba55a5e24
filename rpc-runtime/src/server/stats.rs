//! The counters of a server, over all its connections.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::idempotency::{DeduplicationStats, StoreCounter};

/// The counters of a server since its start, over all its connections, and how many calls are abandoned or parked
/// now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Malformed requests: their properties were not UTF-8, nested too deep, or could not be decoded. None
    /// reached a method; each was answered `bad_request`, or went to the dead letters where it had no
    /// readable address.
    pub malformed_requests: u64,
    /// Requests whose reply address the [`ReplyPolicy`](crate::server::ReplyPolicy) does not allow. None was
    /// run or answered; each went to the dead letters.
    pub foreign_reply_addresses: u64,
    /// Replies that were dropped because the broker closed a connection twice when they were sent to their
    /// direct reply-to address: the address was forged. Their requests count as answered.
    pub malformed_reply_addresses: u64,
    /// Replies to direct reply-to addresses that were dropped because more than 1,024, or 64 MiB, waited for
    /// a connection that does not work. Their requests count as answered.
    pub lost_direct_replies: u64,
    /// Calls that are running now, or are about to, although their callers have stopped waiting: a
    /// number that falls again. They count towards [`Server::concurrency`](crate::Server::concurrency)
    /// until they end. [`Server::cancel_when_late`](crate::Server::cancel_when_late),
    /// `#[rpc(cancel_when_late)]` and [`Server::handler_timeout`](crate::Server::handler_timeout) end them.
    ///
    /// Counted when it is asked for, from the deadlines of the calls in flight.
    pub abandoned_calls: u64,
    /// Requests of `#[rpc(deduplicate)]` methods that were answered with the stored reply of an earlier one.
    pub repeats_answered: u64,
    /// Requests of such methods that waited for an earlier one that ran.
    pub repeats_waited: u64,
    /// Requests of such methods that were answered `maybe_executed`, because the server that ran an earlier one was lost.
    pub abandoned_keys: u64,
    /// Operations of the idempotency store that failed, or were late.
    pub store_failures: u64,
    /// Calls that wait for a lock now, because another call of the same key runs. Like
    /// [`abandoned_calls`](Self::abandoned_calls) it falls again.
    pub parked_calls: u64,
    /// Calls that were answered `overloaded` because
    /// [`Server::max_parked`](crate::Server::max_parked) calls of their queue waited for locks already. None was
    /// run.
    pub lock_overflows: u64,
}

/// Counts what [`ServerStats`] reports.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) malformed_requests: Counter,
    pub(crate) foreign_reply_addresses: Counter,
    pub(crate) malformed_reply_addresses: Counter,
    pub(crate) lost_direct_replies: Counter,
    pub(crate) parked_calls: Counter,
    pub(crate) lock_overflows: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counters {
    pub(crate) fn read(
        &self,
        abandoned_calls: usize,
        deduplication: Option<&DeduplicationStats>,
    ) -> ServerStats {
        let of_store = |counter: fn(&DeduplicationStats) -> &StoreCounter| {
            deduplication.map_or(0, |stats| counter(stats).read())
        };
        ServerStats {
            malformed_requests: self.malformed_requests.read(),
            foreign_reply_addresses: self.foreign_reply_addresses.read(),
            malformed_reply_addresses: self.malformed_reply_addresses.read(),
            lost_direct_replies: self.lost_direct_replies.read(),
            abandoned_calls: abandoned_calls as u64,
            repeats_answered: of_store(|stats| &stats.repeats_answered),
            repeats_waited: of_store(|stats| &stats.repeats_waited),
            abandoned_keys: of_store(|stats| &stats.abandoned_keys),
            store_failures: of_store(|stats| &stats.store_failures),
            parked_calls: self.parked_calls.read(),
            lock_overflows: self.lock_overflows.read(),
        }
    }
}

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Of what is counted while it lasts.
    pub(crate) fn subtract_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
