//! Calls that were sent and wait for their reply: the table that matches replies to calls.

#[cfg(all(test, shuttle))]
mod schedules;
#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use amqp_rpc_transport::Disconnect;
use slab::Slab;
use tokio::sync::oneshot;

use super::{
    correlation::CallNumber,
    sync::{Mutex, MutexGuard},
};
use crate::{
    contract::{MethodDef, MethodKind},
    wire::reply::RawReply,
};

/// What became of a call that was sent.
#[derive(Debug)]
pub(crate) enum Outcome {
    Replied(RawReply),
    /// The broker returned the request: no queue took it.
    Unroutable,
    TimedOut,
    /// The channel or connection it was sent on is gone.
    Disconnected(Arc<Disconnect>),
}

/// Why a table takes no more calls.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    Disconnected(Arc<Disconnect>),
    Closed,
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Disconnected(lost) => Self::Disconnected(lost),
            // It was sent: whether it runs is as unknown as after any other end.
            Ended::Closed => Self::Disconnected(Arc::new(Disconnect::new("this client was closed"))),
        }
    }
}

/// The calls of one epoch. Every call that was inserted gets exactly one outcome, unless it is removed first.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    calls: Slab<Waiting>,
    /// How many calls there have been. Never reused, so that a late reply does not match a younger call.
    sequence: u64,
    /// There is nothing to do for any call before this: most sweeps need not look at them.
    next_look: Option<Instant>,
    ended: Option<Ended>,
}

#[derive(Debug)]
struct Waiting {
    number: CallNumber,
    method: &'static MethodDef,
    deadline: Option<Instant>,
    /// When it is asked who serves the method, in case that the deadline passes; `None` once it was.
    ask_at: Option<Instant>,
    outcome: oneshot::Sender<Outcome>,
}

impl Waiting {
    fn next_look(&self) -> Option<Instant> {
        self.ask_at.or(self.deadline)
    }
}

/// How long before its deadline it is asked who serves a call's method.
const ASKED_BEFORE: Duration = Duration::from_millis(250);

/// Bits of a call's number that are its place in the table; the others are its sequence.
const INDEX_BITS: u32 = 24;
/// The most calls a table holds, with what nobody answers.
const MAX_ENTRIES: usize = 1 << INDEX_BITS;
/// The most of either.
pub(crate) const MAX_CALLS: usize = MAX_ENTRIES / 2;

impl Pending {
    /// Adds a call. Must precede its publishing: a reply may come at once.
    ///
    /// # Errors
    /// When the table has ended; nothing was sent then.
    pub(crate) fn insert(
        &self,
        method: &'static MethodDef,
        deadline: Option<Instant>,
    ) -> Result<(CallNumber, oneshot::Receiver<Outcome>), Ended> {
        let (sender, receiver) = oneshot::channel();
        let mut table = self.lock();
        if let Some(ended) = &table.ended {
            return Err(ended.clone());
        }
        table.sequence += 1;
        let sequence = table.sequence;
        let entry = table.calls.vacant_entry();
        let number = CallNumber((sequence << INDEX_BITS) | entry.key() as u64);
        // Underflows only on a clock that was just started; then nobody asks, and the error says less. What nobody answers waits for the
        // broker, not for a server; of untyped calls the queue is not known here.
        let ask_at = deadline
            .filter(|_| method.kind == MethodKind::Call && !method.queue.is_empty())
            .and_then(|deadline| deadline.checked_sub(ASKED_BEFORE));
        let waiting = Waiting { number, method, deadline, ask_at, outcome: sender };
        let look = waiting.next_look();
        entry.insert(waiting);
        table.next_look = [table.next_look, look].into_iter().flatten().min();
        Ok((number, receiver))
    }

    /// Hands a call its outcome. False when it does not wait any more: the first outcome wins.
    pub(crate) fn complete(&self, number: CallNumber, outcome: Outcome) -> bool {
        match self.remove(number) {
            Some(waiting) => waiting.outcome.send(outcome).is_ok(),
            None => false,
        }
    }

    /// Forgets a call whose caller has gone.
    pub(crate) fn forget(&self, number: CallNumber) {
        self.remove(number);
    }

    /// Times out every call whose deadline is not after `now`. Returns the methods of those that will soon be late: it is time
    /// to ask who serves them.
    pub(crate) fn expire(&self, now: Instant) -> Vec<&'static MethodDef> {
        let mut expired = Vec::new();
        let mut soon_late: Vec<&'static MethodDef> = Vec::new();
        {
            let mut table = self.lock();
            if table.next_look.is_none_or(|earliest| earliest > now) {
                return soon_late;
            }
            let reached = |time: Option<Instant>| time.is_some_and(|time| time <= now);
            let mut late = Vec::new();
            for (index, call) in &mut table.calls {
                if reached(call.deadline) {
                    late.push(index);
                } else if reached(call.ask_at) {
                    call.ask_at = None;
                    if !soon_late.contains(&call.method) {
                        soon_late.push(call.method);
                    }
                }
            }
            expired.extend(late.into_iter().map(|index| table.calls.remove(index)));
            table.next_look = table.calls.iter().filter_map(|(_, call)| call.next_look()).min();
        }
        for call in expired {
            // A caller that has just gone needs no answer.
            let _ = call.outcome.send(Outcome::TimedOut);
        }
        soon_late
    }

    /// Ends the table: every call in it, and every later one, gets this answer.
    pub(crate) fn end(&self, ended: Ended) {
        let calls = {
            let mut table = self.lock();
            table.ended.get_or_insert_with(|| ended.clone());
            std::mem::take(&mut table.calls)
        };
        for (_, call) in calls {
            let _ = call.outcome.send(ended.clone().into());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().calls.len()
    }

    fn remove(&self, number: CallNumber) -> Option<Waiting> {
        let index = usize::try_from(number.0 & (MAX_ENTRIES as u64 - 1)).ok()?;
        let mut table = self.lock();
        // The place may belong to a younger call by now.
        if table.calls.get(index)?.number != number {
            return None;
        }
        table.calls.try_remove(index)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // No code panics while it holds the lock, and no half-done change could be seen if it did.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
