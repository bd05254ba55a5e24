//! What callers saw beside what servers did, call by call: each event is checked against all that came before it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    history::Deed,
    journal::Journal,
    kinds::{Kind, Repeats},
};

/// What a caller knows of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Answered,
    MethodError,
    /// A reply came that says that the method ran, and nothing more.
    Undecodable,
    /// Known not to have run, for good.
    Never,
    /// The same, for a server says so.
    Refused,
    Unknown,
    /// The caller let go of the call before it ended.
    Dropped,
}

impl Verdict {
    pub(crate) const ALL: [Self; 7] = [
        Self::Answered,
        Self::MethodError,
        Self::Undecodable,
        Self::Never,
        Self::Refused,
        Self::Unknown,
        Self::Dropped,
    ];

    fn code(self) -> u64 {
        self as u64 + 1
    }

    fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    fn says_it_never_runs(self) -> bool {
        matches!(self, Self::Never | Self::Refused)
    }

    fn says_it_ran(self) -> bool {
        matches!(self, Self::Answered | Self::MethodError | Self::Undecodable)
    }
}

/// One call in sixteen bytes: a run makes millions of them, and none is forgotten before its end.
#[derive(Debug)]
struct Entry {
    /// Bits 0–7: how often it started; 8–15: how often it finished; 16–19: the verdict's code; 20–21: its repeats; 22–29: how often it
    /// started from a request that is no redelivery; 32–39: its kind.
    fate: AtomicU64,
    /// Milliseconds since the run began: when it was made, and when its caller gives up.
    made: AtomicU32,
    deadline: AtomicU32,
}

const STARTED: u64 = 1;
const FINISHED: u64 = 1 << 8;
const VERDICT: u32 = 16;
const REPEATS: u32 = 20;
const ANEW: u32 = 22;
const KIND: u32 = 32;

fn started(fate: u64) -> u64 {
    fate & 0xff
}

fn finished(fate: u64) -> u64 {
    fate >> 8 & 0xff
}

fn verdict(fate: u64) -> Option<Verdict> {
    Verdict::of_code(fate >> VERDICT & 0xf)
}

fn kind(fate: u64) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| *kind as u64 == fate >> KIND & 0xff)
}

/// All calls of a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) journal: Arc<Journal>,
    entries: Vec<Entry>,
    made: AtomicU64,
    /// Executions for which no call was made: of requests that the chaos made up.
    strangers: AtomicU64,
    redelivered: AtomicU64,
    unmarked: AtomicU64,
    repeated_by_client: AtomicU64,
    late: AtomicU64,
    latest_micros: AtomicU64,
}

/// How the calls of a run ended, and what became of their executions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) made: u64,
    /// In the order of [`Verdict::ALL`]: how many, and how many of them started at least once.
    pub(crate) verdicts: [(u64, u64); Verdict::ALL.len()],
    pub(crate) executions: u64,
    /// Calls that started more than once.
    pub(crate) repeated: u64,
    pub(crate) redelivered: u64,
    /// Second executions, and refusals after a first one, that the broker's forgetting explains.
    pub(crate) unmarked: u64,
    pub(crate) repeated_by_client: u64,
    pub(crate) strangers: u64,
    pub(crate) late: u64,
    pub(crate) latest: Duration,
}

impl Ledger {
    /// Takes all the memory it will need at once, so that a run that grows is not one that keeps accounts.
    pub(crate) fn with_room_for(calls: usize, journal: Arc<Journal>) -> Self {
        let untouched = || Entry {
            fate: AtomicU64::new(0),
            made: AtomicU32::new(u32::MAX),
            deadline: AtomicU32::new(u32::MAX),
        };
        Self {
            journal,
            entries: std::iter::repeat_with(untouched).take(calls).collect(),
            made: AtomicU64::new(0),
            strangers: AtomicU64::new(0),
            redelivered: AtomicU64::new(0),
            unmarked: AtomicU64::new(0),
            repeated_by_client: AtomicU64::new(0),
            late: AtomicU64::new(0),
            latest_micros: AtomicU64::new(0),
        }
    }

    /// A call that is about to be made. `None` when the ledger is full.
    pub(crate) fn make(&self, kind: Kind, timeout: Duration) -> Option<u64> {
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
        entry.fate.fetch_or(kinds, Ordering::SeqCst);
        self.journal.add(key, Deed::Made);
        Some(key)
    }

    /// A server runs the method.
    pub(crate) fn start(&self, key: u64, redelivered: bool) {
        let Some(entry) = self.entry(key) else {
            self.strangers.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let now = self.journal.millis();
        self.journal.add(key, if redelivered { Deed::StartedAgain } else { Deed::Started });
        // Of two deliveries of one request either may be first: a server may begin with the one that it was given before it was lost.
        let anew = if redelivered { 0 } else { 1 << ANEW };
        let before = entry.fate.fetch_add(STARTED + anew, Ordering::SeqCst);
        let requests = (before + anew) >> ANEW & 0xff;
        if redelivered {
            self.redelivered.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(told) = verdict(before).filter(|verdict| verdict.says_it_never_runs()) {
            self.contradict(key, told, "it started, and its caller was told that it never will");
        }
        if started(before) > 0 {
            let plain = (Repeats::Plain as u64) << REPEATS;
            let never = (Repeats::Never as u64) << REPEATS;
            match before & (0b11 << REPEATS) {
                // Then even what its client may have sent again is not known to be that.
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

    fn may_be_unmarked(&self, fate: u64, now: u32) -> bool {
        kind(fate).is_some_and(|kind| self.journal.forgetting.may_be_unmarked(kind.queue(), now))
    }

    /// It is said never to run, and runs. A server that refuses what is not marked cannot know that another one ran it.
    fn contradict(&self, key: u64, told: Verdict, claim: &str) {
        let fate = self.entry(key).map_or(u64::MAX, |entry| entry.fate.load(Ordering::SeqCst));
        if told == Verdict::Refused && self.may_be_unmarked(fate, self.journal.millis()) {
            self.unmarked.fetch_add(1, Ordering::Relaxed);
        } else {
            self.violate(key, claim);
        }
    }

    /// The method has done its work; what follows is its answer.
    pub(crate) fn finish(&self, key: u64) {
        if let Some(entry) = self.entry(key) {
            self.journal.add(key, Deed::Finished);
            entry.fate.fetch_add(FINISHED, Ordering::SeqCst);
        }
    }

    /// The call has ended for its caller, who was told `outcome`.
    pub(crate) fn end(&self, key: u64, seen: Verdict, outcome: &str) {
        let Some(entry) = self.entry(key) else { return };
        self.journal.add(key, Deed::Ended(seen));
        let before = entry.fate.fetch_or(seen.code() << VERDICT, Ordering::SeqCst);
        if verdict(before).is_some() {
            self.violate(key, "it ended twice");
        }
        if seen.says_it_never_runs() && started(before) > 0 {
            let claim = format!("it has started, and its caller is told that it never ran: {outcome}");
            self.contradict(key, seen, &claim);
        }
        if seen.says_it_ran() && finished(before) == 0 {
            self.violate(key, &format!("it has not finished, and its caller is told that it ran: {outcome}"));
        }
    }

    pub(crate) fn knows(&self, key: u64) -> bool {
        key < self.made.load(Ordering::SeqCst)
    }

    /// Writes down what must not be, with the call's history.
    pub(crate) fn violate(&self, key: u64, claim: &str) {
        let fate = self.entry(key).map_or(u64::MAX, |entry| entry.fate.load(Ordering::SeqCst));
        let kind = kind(fate).map_or("unknown".to_owned(), |kind| format!("{kind:?}"));
        self.journal.violate(key, &format!("call {key}, {kind}"), claim);
    }

    /// Adds it all up, and finds the calls that never ended.
    pub(crate) fn close(&self) -> Account {
        let mut account = Account {
            made: self.made.load(Ordering::SeqCst),
            redelivered: self.redelivered.load(Ordering::SeqCst),
            unmarked: self.unmarked.load(Ordering::SeqCst),
            repeated_by_client: self.repeated_by_client.load(Ordering::SeqCst),
            strangers: self.strangers.load(Ordering::SeqCst),
            late: self.late.load(Ordering::SeqCst),
            latest: Duration::from_micros(self.latest_micros.load(Ordering::SeqCst)),
            ..Account::default()
        };
        for key in 0..account.made {
            let Some(entry) = self.entry(key) else { break };
            let fate = entry.fate.load(Ordering::SeqCst);
            account.executions += started(fate);
            account.repeated += u64::from(started(fate) > 1);
            match verdict(fate) {
                Some(verdict) => {
                    let of = &mut account.verdicts[verdict as usize];
                    of.0 += 1;
                    of.1 += u64::from(started(fate) > 0);
                }
                None => self.violate(key, "it never ended"),
            }
        }
        account
    }

    fn entry(&self, key: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(key).ok()?)
    }
}
