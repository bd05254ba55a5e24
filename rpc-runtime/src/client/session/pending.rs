//! Calls that were sent and wait for their reply: the table that matches replies to calls.

pub(crate) mod correlation;
pub(crate) mod gathers;
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

use self::correlation::CallNumber;
use super::sync::{Mutex, MutexGuard};
use crate::{
    contract::{MethodDef, MethodKind},
    wire::reply::ReceivedReply,
};

/// The outcome of a call that was sent.
#[derive(Debug)]
pub(crate) enum CallOutcome {
    Replied(ReceivedReply),
    /// A reply to a message with several calls as a whole, this one among them.
    RepliedToAll(ReceivedReply),
    /// The broker returned the request: no queue took it.
    Unroutable,
    TimedOut,
    /// The channel or connection it was sent on is gone.
    Disconnected(Arc<Disconnect>),
    /// The broker closed the channel instead of taking it, because it is low on disk.
    Blocked(Arc<Disconnect>),
    /// The broker returned the request because this queue is full.
    QueueFull(String),
}

/// Why a session, or the table of one link, takes no more calls.
#[derive(Clone, Debug)]
pub(crate) enum EndReason {
    Disconnected(Arc<Disconnect>),
    Closed,
}

impl From<EndReason> for CallOutcome {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Disconnected(disconnect) => Self::Disconnected(disconnect),
            // The request was sent: whether it runs is as unknown as after any other end.
            EndReason::Closed => Self::Disconnected(Arc::new(Disconnect::new("this client was closed"))),
        }
    }
}

/// The pending calls of one link. Every call that was inserted gets exactly one outcome, unless it is removed
/// first.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    calls: Slab<Waiting>,
    /// How many calls there have been. Never reused, so that a late reply does not match a younger call.
    sequence: u64,
    /// No call is due before this: most sweeps need not look at them.
    next_due: Option<Instant>,
    ended: Option<EndReason>,
}

#[derive(Debug)]
struct Waiting {
    number: CallNumber,
    method: &'static MethodDef,
    deadline: Option<Instant>,
    /// When to ask the broker who consumes the method's queue, in case that the deadline passes; `None` once
    /// it was asked.
    query_at: Option<Instant>,
    outcome: oneshot::Sender<CallOutcome>,
    /// The first call in its message, if it shares one.
    shares_with: Option<CallNumber>,
}

impl Waiting {
    fn next_due(&self) -> Option<Instant> {
        self.query_at.or(self.deadline)
    }
}

/// How long before a call's deadline the broker is asked who consumes its queue.
const QUERIED_BEFORE: Duration = Duration::from_millis(250);

/// Bits of a call's number that are its index in the table; the others are its sequence.
const INDEX_BITS: u32 = 24;
/// The most entries a table holds: calls and one-way messages.
const MAX_ENTRIES: usize = 1 << INDEX_BITS;
/// The most calls in flight, and the most one-way messages.
pub(crate) const MAX_CALLS: usize = MAX_ENTRIES / 2;

/// The most calls that time out in one sweep. Each wakes a task: those of many at once would hold up all others.
const MAX_EXPIRED: usize = 1000;

/// A call in the table, as its sender holds it.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(crate) number: CallNumber,
    pub(crate) outcome: oneshot::Receiver<CallOutcome>,
}

impl Table {
    fn waiting(&mut self, number: CallNumber) -> Option<&mut Waiting> {
        // The entry may belong to a younger call by now.
        self.calls.get_mut(index(number)?).filter(|call| call.number == number)
    }
}

fn index(number: CallNumber) -> Option<usize> {
    usize::try_from(number.0 & (MAX_ENTRIES as u64 - 1)).ok()
}

impl Pending {
    /// Adds a call. Must precede its publishing: a reply may come at once.
    ///
    /// # Errors
    /// When the table has ended; nothing was sent then.
    pub(crate) fn insert(
        &self,
        method: &'static MethodDef,
        deadline: Option<Instant>,
    ) -> Result<PendingCall, EndReason> {
        let (sender, receiver) = oneshot::channel();
        let mut table = self.lock();
        if let Some(ended) = &table.ended {
            return Err(ended.clone());
        }
        table.sequence += 1;
        let sequence = table.sequence;
        let entry = table.calls.vacant_entry();
        let number = CallNumber((sequence << INDEX_BITS) | entry.key() as u64);
        // Underflows only on a clock that was just started; then the broker is not asked, and the error says
        // less. One-way messages wait for the broker, not for a server; of untyped calls the queue is not
        // known here.
        let query_at = deadline
            .filter(|_| method.kind == MethodKind::Call && !method.queue.is_empty())
            .and_then(|deadline| deadline.checked_sub(QUERIED_BEFORE));
        let waiting = Waiting { number, method, deadline, query_at, outcome: sender, shares_with: None };
        let due = waiting.next_due();
        entry.insert(waiting);
        table.next_due = [table.next_due, due].into_iter().flatten().min();
        Ok(PendingCall { number, outcome: receiver })
    }

    /// Hands a call its outcome. Returns its method, or `None` when it is no longer pending: the first outcome wins.
    pub(crate) fn complete(&self, number: CallNumber, outcome: CallOutcome) -> Option<&'static MethodDef> {
        let Waiting { method, outcome: waiting, .. } = self.remove(number)?;
        waiting.send(outcome).is_ok().then_some(method)
    }

    /// Notes that a call is in the message that begins with call `first`.
    pub(crate) fn share(&self, number: CallNumber, first: CallNumber) {
        if let Some(waiting) = self.lock().waiting(number) {
            waiting.shares_with = Some(first);
        }
    }

    /// Hands all calls in the message that begins with call `first` their outcome. Returns their method, which is the
    /// same, or `None` if none is pending.
    pub(crate) fn complete_all(
        &self,
        first: CallNumber,
        outcome: impl Fn() -> CallOutcome,
    ) -> Option<&'static MethodDef> {
        let calls: Vec<_> = {
            let mut table = self.lock();
            let shared = table.calls.iter().filter(|(_, call)| call.shares_with == Some(first));
            let indices: Vec<_> = shared.map(|(index, _)| index).collect();
            indices.into_iter().map(|index| table.calls.remove(index)).collect()
        };
        let method = calls.first().map(|call| call.method);
        for call in calls {
            // The future may have been dropped just now.
            let _ = call.outcome.send(outcome());
        }
        method
    }

    /// Removes a call whose future was dropped.
    pub(crate) fn forget(&self, number: CallNumber) {
        self.remove(number);
    }

    /// Times out every call whose deadline is not after `now`. Returns the methods of those that are due
    /// soon: it is time to ask who consumes their queues.
    pub(crate) fn expire(&self, now: Instant) -> Vec<&'static MethodDef> {
        let mut expired = Vec::new();
        let mut soon_late: Vec<&'static MethodDef> = Vec::new();
        {
            let mut table = self.lock();
            if table.next_due.is_none_or(|earliest| earliest > now) {
                return soon_late;
            }
            let reached = |time: Option<Instant>| time.is_some_and(|time| time <= now);
            let mut late = Vec::new();
            for (index, call) in &mut table.calls {
                if reached(call.deadline) {
                    late.push(index);
                    if late.len() == MAX_EXPIRED {
                        break;
                    }
                } else if reached(call.query_at) {
                    call.query_at = None;
                    if !soon_late.contains(&call.method) {
                        soon_late.push(call.method);
                    }
                }
            }
            expired.extend(late.into_iter().map(|index| table.calls.remove(index)));
            // After a full slice something may be left that is due by now.
            table.next_due = match expired.len() {
                MAX_EXPIRED => Some(now),
                _ => table.calls.iter().filter_map(|(_, call)| call.next_due()).min(),
            };
        }
        for call in expired {
            // The future may have been dropped just now.
            let _ = call.outcome.send(CallOutcome::TimedOut);
        }
        soon_late
    }

    /// Ends the table: every call in it, and every later one, fails with `reason`.
    pub(crate) fn end(&self, reason: EndReason) {
        let (calls, _) = self.take_all(&reason);
        for (_, call) in calls {
            let _ = call.outcome.send(reason.clone().into());
        }
    }

    /// Ends the table after the channel of calls was closed.
    ///
    /// Where the broker closed it because it is low on disk, it has not taken the last call: it refused that
    /// one, or an earlier one and did not read on. Which of several came last on the channel is not known.
    pub(crate) fn end_with_channel(&self, disconnect: Arc<Disconnect>) {
        let reason = EndReason::Disconnected(Arc::clone(&disconnect));
        let (calls, sequence) = self.take_all(&reason);
        let is_alone = calls.len() == 1;
        for (_, call) in calls {
            let is_last = is_alone && call.number.0 >> INDEX_BITS == sequence;
            let is_refused = disconnect.is_low_on_disk && is_last && call.method.kind == MethodKind::Call;
            let _ = call.outcome.send(if is_refused {
                CallOutcome::Blocked(Arc::clone(&disconnect))
            } else {
                reason.clone().into()
            });
        }
    }

    /// Takes all calls, and returns the sequence of the last one that there was.
    fn take_all(&self, reason: &EndReason) -> (Slab<Waiting>, u64) {
        let mut table = self.lock();
        table.ended.get_or_insert_with(|| reason.clone());
        (std::mem::take(&mut table.calls), table.sequence)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().calls.len()
    }

    fn remove(&self, number: CallNumber) -> Option<Waiting> {
        let mut table = self.lock();
        table.waiting(number)?;
        table.calls.try_remove(index(number)?)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // No code panics while it holds the lock, and no half-done change could be seen if it did.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
