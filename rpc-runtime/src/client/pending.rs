//! Calls that were sent and wait for their reply: the table that matches replies to calls.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use slab::Slab;
use tokio::sync::oneshot;

use super::correlation::CallNumber;
use crate::wire::reply::RawReply;

/// What became of a call that was sent.
#[derive(Debug)]
pub(crate) enum Outcome {
    Replied(RawReply),
    /// The broker returned the request: no queue took it.
    Unroutable,
    TimedOut,
    /// The channel or connection it was sent on is gone.
    Disconnected(Arc<str>),
}

/// Why a table takes no more calls.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    Disconnected(Arc<str>),
    Closed,
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Disconnected(reason) => Self::Disconnected(reason),
            // It was sent: whether it runs is as unknown as after any other end.
            Ended::Closed => Self::Disconnected("this client was closed".into()),
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
    /// No call's deadline is before this: most sweeps need not look at any call.
    earliest_deadline: Option<Instant>,
    ended: Option<Ended>,
}

#[derive(Debug)]
struct Waiting {
    number: CallNumber,
    deadline: Option<Instant>,
    outcome: oneshot::Sender<Outcome>,
}

/// Bits of a call's number that are its place in the table; the others are its sequence.
const INDEX_BITS: u32 = 24;
/// The most calls a table holds.
pub(crate) const MAX_CALLS: usize = 1 << INDEX_BITS;

impl Pending {
    /// Adds a call. Must precede its publishing: a reply may come at once.
    ///
    /// # Errors
    /// When the table has ended; nothing was sent then.
    pub(crate) fn insert(
        &self,
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
        entry.insert(Waiting { number, deadline, outcome: sender });
        if let Some(deadline) = deadline {
            table.earliest_deadline =
                Some(table.earliest_deadline.map_or(deadline, |earliest| earliest.min(deadline)));
        }
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

    /// Times out every call whose deadline is not after `now`.
    pub(crate) fn expire(&self, now: Instant) {
        let mut expired = Vec::new();
        {
            let mut table = self.lock();
            if table.earliest_deadline.is_none_or(|earliest| earliest > now) {
                return;
            }
            let late = |call: &Waiting| call.deadline.is_some_and(|deadline| deadline <= now);
            let indices: Vec<usize> =
                table.calls.iter().filter(|(_, call)| late(call)).map(|(index, _)| index).collect();
            expired.extend(indices.into_iter().map(|index| table.calls.remove(index)));
            table.earliest_deadline = table.calls.iter().filter_map(|(_, call)| call.deadline).min();
        }
        for call in expired {
            // A caller that has just gone needs no answer.
            let _ = call.outcome.send(Outcome::TimedOut);
        }
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
        let index = usize::try_from(number.0 & (MAX_CALLS as u64 - 1)).ok()?;
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

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_outcome_wins() {
        let pending = Pending::default();
        let (number, mut receiver) = pending.insert(None).unwrap();
        assert!(pending.complete(number, Outcome::Unroutable));
        assert!(!pending.complete(number, Outcome::TimedOut));
        assert!(matches!(receiver.try_recv(), Ok(Outcome::Unroutable)));
    }

    #[test]
    fn a_late_reply_does_not_reach_the_call_that_took_its_place() {
        let pending = Pending::default();
        let (old, _) = pending.insert(None).unwrap();
        pending.forget(old);
        let (young, mut receiver) = pending.insert(None).unwrap();
        assert_eq!(old.0 % MAX_CALLS as u64, young.0 % MAX_CALLS as u64);
        assert!(!pending.complete(old, Outcome::Unroutable));
        assert!(receiver.try_recv().is_err());
    }

    #[test]
    fn an_ended_table_answers_everybody_and_takes_nobody() {
        let pending = Pending::default();
        let (_, mut receiver) = pending.insert(None).unwrap();
        pending.end(Ended::Disconnected("gone".into()));
        pending.end(Ended::Closed);
        assert!(matches!(receiver.try_recv(), Ok(Outcome::Disconnected(reason)) if &*reason == "gone"));
        assert!(matches!(pending.insert(None), Err(Ended::Disconnected(_))));
        assert_eq!(pending.len(), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(Option<u8>),
        Complete(prop::sample::Index),
        Forget(prop::sample::Index),
        Expire(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            any::<Option<u8>>().prop_map(Step::Insert),
            any::<prop::sample::Index>().prop_map(Step::Complete),
            any::<prop::sample::Index>().prop_map(Step::Forget),
            any::<u8>().prop_map(Step::Expire),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        /// Against a plain model: who waits, until when, and who has had an answer.
        #[test]
        fn every_call_gets_one_outcome_and_nobody_else_s(steps in steps()) {
            let start = Instant::now();
            let at = |seconds: u8| start + Duration::from_secs(seconds.into());
            let pending = Pending::default();
            let mut seen = Vec::new();
            let mut waiting: HashMap<u64, (Option<u8>, oneshot::Receiver<Outcome>)> = HashMap::new();
            for step in steps {
                match step {
                    Step::Insert(deadline) => {
                        let (number, receiver) = pending.insert(deadline.map(at)).unwrap();
                        prop_assert!(!seen.contains(&number), "numbers are never reused");
                        seen.push(number);
                        waiting.insert(number.0, (deadline, receiver));
                    }
                    Step::Complete(index) if !seen.is_empty() => {
                        let number = *index.get(&seen);
                        let waited = waiting.remove(&number.0);
                        prop_assert_eq!(pending.complete(number, Outcome::Unroutable), waited.is_some());
                        if let Some((_, mut receiver)) = waited {
                            prop_assert!(matches!(receiver.try_recv(), Ok(Outcome::Unroutable)));
                        }
                    }
                    Step::Forget(index) if !seen.is_empty() => {
                        let number = *index.get(&seen);
                        pending.forget(number);
                        waiting.remove(&number.0);
                    }
                    Step::Expire(now) => {
                        pending.expire(at(now));
                        waiting.retain(|_, (deadline, receiver)| {
                            let late = deadline.is_some_and(|deadline| deadline <= now);
                            assert_eq!(matches!(receiver.try_recv(), Ok(Outcome::TimedOut)), late);
                            !late
                        });
                    }
                    Step::Complete(_) | Step::Forget(_) => {}
                }
                prop_assert_eq!(pending.len(), waiting.len());
            }
        }
    }
}
