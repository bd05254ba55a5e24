//! What callers saw beside what servers did, call by call: each event is checked against all that came before it. Over 300 lines because every rule reads the same words.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use crate::{
    callers::Kind,
    history::{Deed, History},
    violations::Violations,
};

/// How often a method may be run for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// Again after a redelivery only.
    Plain,
    /// Again after a redelivery, or when its client sent it again.
    Idempotent,
    Never,
}

/// What a caller knows of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Answered,
    MethodError,
    /// A reply came that says that the method ran, and nothing more.
    Undecodable,
    /// Known not to have run, for good.
    Never,
    Unknown,
    /// The caller let go of the call before it ended.
    Dropped,
}

impl Verdict {
    pub(crate) const ALL: [Self; 6] =
        [Self::Answered, Self::MethodError, Self::Undecodable, Self::Never, Self::Unknown, Self::Dropped];

    fn code(self) -> u64 {
        self as u64 + 1
    }

    fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    fn says_it_ran(self) -> bool {
        matches!(self, Self::Answered | Self::MethodError | Self::Undecodable)
    }
}

/// One call in sixteen bytes: a run makes millions of them, and none is forgotten before its end.
#[derive(Debug)]
struct Entry {
    /// Bits 0–7: how often it started; 8–15: how often it finished; 16–19: the verdict's code; 20–21: its repeats; 22–29: how often it
    /// started from a request that is no redelivery; 32–39: its kind; 40: whether its
    /// reply is a direct one.
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

/// All calls of a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    began: Instant,
    entries: Vec<Entry>,
    made: AtomicU64,
    pub(crate) history: History,
    pub(crate) violations: Violations,
    /// Executions for which no call was made: of requests that the chaos made up.
    strangers: AtomicU64,
    redelivered: AtomicU64,
    /// Whether the broker may deliver a request of a classic queue again without saying so, as RabbitMQ 3.10 does after a restart:
    /// `tests/interop/unmarked_redeliveries.py` shows it.
    forgets_deliveries: bool,
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
    pub(crate) verdicts: [(u64, u64); 6],
    pub(crate) executions: u64,
    /// Calls that started more than once.
    pub(crate) repeated: u64,
    pub(crate) redelivered: u64,
    /// Second executions that the broker's forgetting explains.
    pub(crate) unmarked: u64,
    pub(crate) repeated_by_client: u64,
    pub(crate) strangers: u64,
    pub(crate) late: u64,
    pub(crate) latest: Duration,
}

impl Ledger {
    /// Takes all the memory it will need at once, so that a run that grows is not one that keeps accounts.
    pub(crate) fn with_room_for(calls: usize, history: History, forgets_deliveries: bool) -> Self {
        let untouched = || Entry {
            fate: AtomicU64::new(0),
            made: AtomicU32::new(u32::MAX),
            deadline: AtomicU32::new(u32::MAX),
        };
        Self {
            began: Instant::now(),
            entries: std::iter::repeat_with(untouched).take(calls).collect(),
            made: AtomicU64::new(0),
            history,
            violations: Violations::default(),
            strangers: AtomicU64::new(0),
            redelivered: AtomicU64::new(0),
            forgets_deliveries,
            unmarked: AtomicU64::new(0),
            repeated_by_client: AtomicU64::new(0),
            late: AtomicU64::new(0),
            latest_micros: AtomicU64::new(0),
        }
    }

    /// Since the run began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Into the history, so that what happens next is seen beside it.
    pub(crate) fn note(&self, what: &str) {
        self.history.note(self.millis(), what);
    }

    fn millis(&self) -> u32 {
        u32::try_from(self.now().as_millis()).unwrap_or(u32::MAX)
    }

    /// A call that is about to be made. `None` when the ledger is full.
    pub(crate) fn make(&self, kind: Kind, timeout: Duration) -> Option<u64> {
        let key = self.made.fetch_add(1, Ordering::Relaxed);
        let Some(entry) = self.entry(key) else {
            self.made.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        let now = self.millis();
        entry.made.store(now, Ordering::Relaxed);
        let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        entry.deadline.store(now.saturating_add(timeout), Ordering::Relaxed);
        let kinds = (kind.repeats() as u64) << REPEATS | (kind as u64) << KIND;
        entry.fate.fetch_or(kinds, Ordering::SeqCst);
        self.history.add(now, key, Deed::Made);
        Some(key)
    }

    /// A server runs the method.
    pub(crate) fn start(&self, key: u64, redelivered: bool) {
        let Some(entry) = self.entry(key) else {
            self.strangers.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let now = self.millis();
        self.history.add(now, key, if redelivered { Deed::StartedAgain } else { Deed::Started });
        // Of two deliveries of one request either may be first: a server may begin with the one that it was given before it was lost.
        let anew = if redelivered { 0 } else { 1 << ANEW };
        let before = entry.fate.fetch_add(STARTED + anew, Ordering::SeqCst);
        let requests = (before + anew) >> ANEW & 0xff;
        if redelivered {
            self.redelivered.fetch_add(1, Ordering::Relaxed);
        }
        if verdict(before) == Some(Verdict::Never) {
            self.violate(key, "it started, and its caller was told that it never will");
        }
        if started(before) > 0 {
            let plain = (Repeats::Plain as u64) << REPEATS;
            let never = (Repeats::Never as u64) << REPEATS;
            match before & (0b11 << REPEATS) {
                repeats
                    if (repeats == never || repeats == plain)
                        && requests > 1
                        && self.may_be_unmarked(before) =>
                {
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
        let late = self.now().saturating_sub(deadline + Duration::from_millis(1));
        if !late.is_zero() {
            self.late.fetch_add(1, Ordering::Relaxed);
            let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
            self.latest_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    fn may_be_unmarked(&self, fate: u64) -> bool {
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u64 == fate >> KIND & 0xff);
        let is_quorum =
            matches!(kind, Some(Kind::QuorumPlain | Kind::QuorumIdempotent | Kind::QuorumAtMostOnce));
        self.forgets_deliveries && !is_quorum
    }

    /// The method has done its work; what follows is its answer.
    pub(crate) fn finish(&self, key: u64) {
        if let Some(entry) = self.entry(key) {
            self.history.add(self.millis(), key, Deed::Finished);
            entry.fate.fetch_add(FINISHED, Ordering::SeqCst);
        }
    }

    /// The call has ended for its caller, who was told `outcome`.
    pub(crate) fn end(&self, key: u64, seen: Verdict, outcome: &str) {
        let Some(entry) = self.entry(key) else { return };
        self.history.add(self.millis(), key, Deed::Ended(seen));
        let before = entry.fate.fetch_or(seen.code() << VERDICT, Ordering::SeqCst);
        if verdict(before).is_some() {
            self.violate(key, "it ended twice");
        }
        if seen == Verdict::Never && started(before) > 0 {
            self.violate(
                key,
                &format!("it has started, and its caller is told that it never ran: {outcome}"),
            );
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
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u64 == fate >> KIND & 0xff);
        let kind = kind.map_or("unknown".to_owned(), |kind| format!("{kind:?}"));
        self.violations.add(&format!("call {key}, {kind}: {claim}\n{}", self.history.of(key)));
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
