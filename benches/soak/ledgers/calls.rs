//! The ledger of calls: outcomes that callers saw beside executions on servers. Each event is checked against
//! all before it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    call_kinds::{CallKind, Repeats},
    history::HistoryEvent,
    journal::Journal,
    outcome::CallOutcome,
};

/// One call in sixteen bytes: a run makes millions of calls and keeps them all until its end.
#[derive(Debug)]
struct Entry {
    /// Bits 0–7: how often it started; 8–15: how often it finished; 16–19: the outcome's code; 20–21: its
    /// repeats; 22–29: how often it started from a request that is no redelivery; 32–39: its kind.
    state: AtomicU64,
    /// Milliseconds since the run began: when the call was made, and when it times out.
    made: AtomicU32,
    deadline: AtomicU32,
}

const STARTED: u64 = 1;
const FINISHED: u64 = 1 << 8;
const OUTCOME: u32 = 16;
const REPEATS: u32 = 20;
const ANEW: u32 = 22;
const KIND: u32 = 32;

fn started(state: u64) -> u64 {
    state & 0xff
}

fn finished(state: u64) -> u64 {
    state >> 8 & 0xff
}

fn outcome(state: u64) -> Option<CallOutcome> {
    CallOutcome::of_code(state >> OUTCOME & 0xf)
}

fn kind(state: u64) -> Option<CallKind> {
    CallKind::ALL.into_iter().find(|kind| *kind as u64 == state >> KIND & 0xff)
}

/// All calls of a run.
#[derive(Debug)]
pub(crate) struct CallLedger {
    pub(crate) journal: Arc<Journal>,
    entries: Vec<Entry>,
    made: AtomicU64,
    /// Executions of requests that no caller made: the chaos sends them.
    unknown: AtomicU64,
    redelivered: AtomicU64,
    unmarked: AtomicU64,
    repeated_by_client: AtomicU64,
    late: AtomicU64,
    latest_micros: AtomicU64,
}

/// The totals of a run's calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallTotals {
    pub(crate) made: u64,
    /// In the order of [`CallOutcome::ALL`]: how many, and how many of them started at least once.
    pub(crate) outcomes: [(u64, u64); CallOutcome::ALL.len()],
    pub(crate) executions: u64,
    /// Calls that started more than once.
    pub(crate) repeated: u64,
    pub(crate) redelivered: u64,
    /// Second executions, and refusals after a first one, that are excused as unmarked redeliveries.
    pub(crate) unmarked: u64,
    pub(crate) repeated_by_client: u64,
    pub(crate) unknown: u64,
    pub(crate) late: u64,
    pub(crate) latest: Duration,
}

impl CallLedger {
    /// Allocates all its memory at once, so that the ledger does not look like a leak.
    pub(crate) fn with_capacity(calls: usize, journal: Arc<Journal>) -> Self {
        let untouched = || Entry {
            state: AtomicU64::new(0),
            made: AtomicU32::new(u32::MAX),
            deadline: AtomicU32::new(u32::MAX),
        };
        Self {
            journal,
            entries: std::iter::repeat_with(untouched).take(calls).collect(),
            made: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            redelivered: AtomicU64::new(0),
            unmarked: AtomicU64::new(0),
            repeated_by_client: AtomicU64::new(0),
            late: AtomicU64::new(0),
            latest_micros: AtomicU64::new(0),
        }
    }

    /// Enters a call that is about to be made. `None` when the ledger is full.
    pub(crate) fn make(&self, kind: CallKind, timeout: Duration) -> Option<u64> {
        let key = self.made.fetch_add(1, Ordering::Relaxed);
        let Some(entry) = self.entry(key) else {
            self.made.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        let now = self.journal.millis();
        entry.made.store(now, Ordering::Relaxed);
        let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        entry.deadline.store(now.saturating_add(timeout), Ordering::Relaxed);
        let kinds = (kind.repeats() as u64) << REPEATS | (kind as u64) << KIND;
        entry.state.fetch_or(kinds, Ordering::SeqCst);
        self.journal.add(key, HistoryEvent::Made);
        Some(key)
    }

    /// Records that a server runs the method.
    pub(crate) fn start(&self, key: u64, redelivered: bool) {
        let Some(entry) = self.entry(key) else {
            self.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let now = self.journal.millis();
        self.journal.add(key, if redelivered { HistoryEvent::StartedAgain } else { HistoryEvent::Started });
        // Of two deliveries of one request either may be first: a server may begin with the delivery of a
        // connection that is lost by then.
        let anew = if redelivered { 0 } else { 1 << ANEW };
        let before = entry.state.fetch_add(STARTED + anew, Ordering::SeqCst);
        let requests = (before + anew) >> ANEW & 0xff;
        if redelivered {
            self.redelivered.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(told) = outcome(before).filter(|outcome| outcome.says_it_never_runs()) {
            self.contradict(key, told, "it started, and its caller was told that it never will");
        }
        if started(before) > 0 {
            let plain = (Repeats::Plain as u64) << REPEATS;
            let never = (Repeats::Never as u64) << REPEATS;
            match before & (0b11 << REPEATS) {
                // Then a resending client and an unmarked redelivery cannot be told apart.
                _ if requests > 1 && self.may_be_unmarked(before, now) => {
                    self.unmarked.fetch_add(1, Ordering::Relaxed);
                }
                repeats if repeats == never => self.violate(key, "an `at_most_once` call started twice"),
                repeats if repeats == plain && requests > 1 => {
                    self.violate(key, "a plain call started twice, each time from a request of its own");
                }
                _ if !redelivered && requests > 1 => {
                    self.repeated_by_client.fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        let deadline = Duration::from_millis(entry.deadline.load(Ordering::Relaxed).into());
        // Both are rounded down.
        let late = self.journal.now().saturating_sub(deadline + Duration::from_millis(1));
        if !late.is_zero() {
            self.late.fetch_add(1, Ordering::Relaxed);
            let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
            self.latest_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    fn may_be_unmarked(&self, state: u64, now: u32) -> bool {
        kind(state).is_some_and(|kind| self.journal.unmarked_redeliveries.may_be_unmarked(kind.queue(), now))
    }

    /// The call is said never to run, and runs. A server that refuses an unmarked redelivery cannot know that
    /// another one ran it.
    fn contradict(&self, key: u64, told: CallOutcome, claim: &str) {
        let state = self.entry(key).map_or(u64::MAX, |entry| entry.state.load(Ordering::SeqCst));
        if told == CallOutcome::Refused && self.may_be_unmarked(state, self.journal.millis()) {
            self.unmarked.fetch_add(1, Ordering::Relaxed);
        } else {
            self.violate(key, claim);
        }
    }

    /// Records that the method has finished; its reply follows.
    pub(crate) fn finish(&self, key: u64) {
        if let Some(entry) = self.entry(key) {
            self.journal.add(key, HistoryEvent::Finished);
            entry.state.fetch_add(FINISHED, Ordering::SeqCst);
        }
    }

    /// Records the outcome that the caller saw; `label` says it in more detail.
    pub(crate) fn end(&self, key: u64, seen: CallOutcome, label: &str) {
        let Some(entry) = self.entry(key) else { return };
        self.journal.add(key, HistoryEvent::Ended(seen));
        let before = entry.state.fetch_or(seen.code() << OUTCOME, Ordering::SeqCst);
        if outcome(before).is_some() {
            self.violate(key, "it ended twice");
        }
        if seen.says_it_never_runs() && started(before) > 0 {
            let claim = format!("it has started, and its caller is told that it never ran: {label}");
            self.contradict(key, seen, &claim);
        }
        if seen.says_it_ran() && finished(before) == 0 {
            self.violate(key, &format!("it has not finished, and its caller is told that it ran: {label}"));
        }
    }

    pub(crate) fn knows(&self, key: u64) -> bool {
        key < self.made.load(Ordering::SeqCst)
    }

    /// Reports a violation, with the call's history.
    pub(crate) fn violate(&self, key: u64, claim: &str) {
        let state = self.entry(key).map_or(u64::MAX, |entry| entry.state.load(Ordering::SeqCst));
        let kind = kind(state).map_or("unknown".to_owned(), |kind| format!("{kind:?}"));
        self.journal.violate(key, &format!("call {key}, {kind}"), claim);
    }

    /// Adds up the totals, and finds calls that never ended.
    pub(crate) fn close(&self) -> CallTotals {
        let mut totals = CallTotals {
            made: self.made.load(Ordering::SeqCst),
            redelivered: self.redelivered.load(Ordering::SeqCst),
            unmarked: self.unmarked.load(Ordering::SeqCst),
            repeated_by_client: self.repeated_by_client.load(Ordering::SeqCst),
            unknown: self.unknown.load(Ordering::SeqCst),
            late: self.late.load(Ordering::SeqCst),
            latest: Duration::from_micros(self.latest_micros.load(Ordering::SeqCst)),
            ..CallTotals::default()
        };
        for key in 0..totals.made {
            let Some(entry) = self.entry(key) else { break };
            let state = entry.state.load(Ordering::SeqCst);
            totals.executions += started(state);
            totals.repeated += u64::from(started(state) > 1);
            match outcome(state) {
                Some(outcome) => {
                    let of = &mut totals.outcomes[outcome as usize];
                    of.0 += 1;
                    of.1 += u64::from(started(state) > 0);
                }
                None => self.violate(key, "it never ended"),
            }
        }
        totals
    }

    fn entry(&self, key: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(key).ok()?)
    }
}
