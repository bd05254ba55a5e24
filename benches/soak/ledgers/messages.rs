//! The ledger of one-way messages: outcomes that publishers saw beside what receivers handled. Each event is
//! checked against all before it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{
    call_kinds::Repeats,
    history::HistoryEvent,
    journal::Journal,
    message_entry::{
        ANEW, DEAD_LETTERED, Entry, FINISHED, KIND, OUTCOME, PLACE, STARTED, anew, has_finished,
        is_dead_lettered, kind, outcome, place, started,
    },
    message_kinds::{MessageKind, Receiver},
    outcome::PublishOutcome,
};

/// The first number of a message; calls have smaller ones.
const FIRST_KEY: u64 = 1 << 31;

/// All messages of a run.
#[derive(Debug)]
pub(crate) struct MessageLedger {
    pub(crate) journal: Arc<Journal>,
    entries: Vec<Entry>,
    made: AtomicU64,
    /// Executions of messages that no publisher made: the chaos sends them.
    unknown: AtomicU64,
    redelivered: AtomicU64,
    /// Second executions that are excused as unmarked redeliveries.
    unmarked: AtomicU64,
    /// For each receiver the executions that only a resending client explains.
    repeated_by_client: [AtomicU64; Receiver::ALL.len()],
}

/// Facts about the whole run that the final check needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Nothing was broken, so the listener has missed nothing.
    pub(crate) is_calm: bool,
    /// A queue of dead letters was full, and the broker dropped the oldest.
    pub(crate) dead_letters_are_missing: bool,
}

/// The totals of a run's messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageTotals {
    pub(crate) made: u64,
    /// In the order of [`PublishOutcome::ALL`]: how many notifications and how many events.
    pub(crate) outcomes: [(u64, u64); PublishOutcome::ALL.len()],
    /// In the order of [`Receiver::ALL`]: how many messages were confirmed for it, received, and received
    /// more than once.
    pub(crate) received: [(u64, u64, u64); Receiver::ALL.len()],
    /// Confirmed `at_most_once` messages that are dead letters and did not run.
    pub(crate) dead_lettered: u64,
    pub(crate) redelivered: u64,
    pub(crate) unmarked: u64,
    /// The largest number of any receiver.
    pub(crate) repeated_by_client: u64,
    pub(crate) unknown: u64,
}

impl MessageLedger {
    /// Allocates all its memory at once.
    pub(crate) fn with_capacity(messages: usize, journal: Arc<Journal>) -> Self {
        Self {
            journal,
            entries: std::iter::repeat_with(|| Entry(AtomicU64::new(u64::MAX))).take(messages).collect(),
            made: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            redelivered: AtomicU64::new(0),
            unmarked: AtomicU64::new(0),
            repeated_by_client: Default::default(),
        }
    }

    /// Enters a message that is about to be published. `None` when the ledger is full.
    pub(crate) fn make(&self, kind: MessageKind) -> Option<u64> {
        let key = FIRST_KEY + self.made.fetch_add(1, Ordering::Relaxed);
        let Some(Entry(state)) = self.entry(key) else {
            self.made.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        state.store((kind as u64) << KIND, Ordering::SeqCst);
        self.journal.add(key, HistoryEvent::Made);
        Some(key)
    }

    /// Records that a receiver begins to handle the message.
    pub(crate) fn start(&self, receiver: Receiver, key: u64, is_redelivered: bool) {
        let Some((Entry(state), kind)) = self.known(key) else {
            // Made-up messages of the chaos have this number, or none.
            if key != u64::MAX {
                let claim = format!("{receiver:?} got number {key}, which no publisher has sent");
                self.journal.violations.add(&claim);
            }
            self.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.journal.add(key, HistoryEvent::Received { receiver, is_redelivered });
        if !kind.is_for(receiver, key) {
            return self.violate(key, &format!("{receiver:?} got it, and it is not for {receiver:?}"));
        }
        let new = if is_redelivered { 0 } else { 1 << ANEW };
        let before = state.fetch_add((STARTED + new) << (PLACE * place(receiver)), Ordering::SeqCst);
        if is_redelivered {
            self.redelivered.fetch_add(1, Ordering::Relaxed);
        }
        if outcome(before) == Some(PublishOutcome::Never) {
            self.violate(
                key,
                &format!("{receiver:?} got it, though its publisher was told that no receiver ever will"),
            );
        }
        if started(before, receiver) == 0 {
            return;
        }
        // Of two deliveries of one message either may be first.
        let deliveries = anew(before, receiver) + u64::from(!is_redelivered);
        let may_be_unmarked = receiver.queue().is_some_and(|queue| {
            self.journal.unmarked_redeliveries.may_be_unmarked(queue, self.journal.millis())
        });
        match kind.repeats() {
            // Then a resending client and an unmarked redelivery cannot be told apart.
            _ if deliveries > 1 && may_be_unmarked => {
                self.unmarked.fetch_add(1, Ordering::Relaxed);
            }
            Repeats::Never => {
                self.violate(key, &format!("{receiver:?} got it twice, and runs it at most once"));
            }
            Repeats::Plain if deliveries > 1 => {
                self.violate(key, &format!("{receiver:?} got it twice, each time as if for the first time"));
            }
            Repeats::Idempotent if !is_redelivered && deliveries > 1 => {
                self.repeated_by_client[receiver as usize].fetch_add(1, Ordering::Relaxed);
            }
            Repeats::Plain | Repeats::Idempotent => {}
        }
    }

    /// Records that the receiver has handled the message.
    pub(crate) fn finish(&self, receiver: Receiver, key: u64) {
        if let Some((Entry(state), _)) = self.known(key) {
            self.journal.add(key, HistoryEvent::Finished);
            state.fetch_or(1 << (PLACE * place(receiver) + FINISHED), Ordering::SeqCst);
        }
    }

    /// Records the outcome that the publisher saw; `label` says it in more detail.
    pub(crate) fn end(&self, key: u64, seen: PublishOutcome, label: &str) {
        let Some((Entry(state), _)) = self.known(key) else { return };
        self.journal.add(key, HistoryEvent::Published(seen));
        let before = state.fetch_or(seen.code() << OUTCOME, Ordering::SeqCst);
        if outcome(before).is_some() {
            self.violate(key, "its publisher was told twice");
        }
        let has_started = Receiver::ALL.into_iter().any(|receiver| started(before, receiver) > 0);
        if seen == PublishOutcome::Never && has_started {
            let claim =
                format!("it was received, though its publisher is told that no receiver ever will: {label}");
            self.violate(key, &claim);
        }
    }

    /// Records that the message is among the dead letters of this receiver.
    pub(crate) fn dead_letter(&self, receiver: Receiver, key: u64) {
        let Some((Entry(state), kind)) = self.known(key) else { return };
        let before = state.fetch_or(1 << (DEAD_LETTERED + place(receiver)), Ordering::SeqCst);
        if !kind.is_for(receiver, key) {
            self.violate(key, &format!("it is a dead letter of {receiver:?}, and not for {receiver:?}"));
        } else if kind != MessageKind::FailingNotification && kind.repeats() != Repeats::Never {
            self.violate(key, &format!("it is a dead letter of {receiver:?}, and did not fail"));
        }
        if outcome(before) == Some(PublishOutcome::Never) {
            self.violate(
                key,
                "it is a dead letter, though its publisher was told that the broker did not take it",
            );
        }
    }

    /// Whether the receiver has handled it.
    pub(crate) fn was_received(&self, receiver: Receiver, key: u64) -> bool {
        self.known(key).is_some_and(|(Entry(state), _)| has_finished(state.load(Ordering::SeqCst), receiver))
    }

    /// Adds up the totals, and finds confirmed messages that were lost. Called when nothing is in flight any
    /// more.
    pub(crate) fn close(&self, circumstances: Circumstances) -> MessageTotals {
        let repeated = self.repeated_by_client.iter().map(|repeated| repeated.load(Ordering::SeqCst));
        let mut totals = MessageTotals {
            made: self.made.load(Ordering::SeqCst),
            redelivered: self.redelivered.load(Ordering::SeqCst),
            unmarked: self.unmarked.load(Ordering::SeqCst),
            repeated_by_client: repeated.max().unwrap_or_default(),
            unknown: self.unknown.load(Ordering::SeqCst),
            ..MessageTotals::default()
        };
        for key in FIRST_KEY..FIRST_KEY + totals.made {
            let Some((Entry(state), kind)) = self.known(key) else { break };
            let state = state.load(Ordering::SeqCst);
            let Some(outcome) = outcome(state) else {
                self.violate(key, "its publisher was never told");
                continue;
            };
            let outcomes = &mut totals.outcomes[outcome as usize];
            outcomes.0 += u64::from(!kind.is_event());
            outcomes.1 += u64::from(kind.is_event());
            for receiver in Receiver::ALL.into_iter().filter(|receiver| kind.is_for(*receiver, key)) {
                let received = &mut totals.received[receiver as usize];
                received.0 += u64::from(outcome == PublishOutcome::Confirmed);
                received.1 += u64::from(started(state, receiver) > 0);
                received.2 += u64::from(started(state, receiver) > 1);
            }
            if outcome == PublishOutcome::Confirmed {
                totals.dead_lettered += self.check_confirmed(key, kind, state, circumstances);
            }
        }
        totals
    }

    /// Returns for how many receivers the message is a dead letter and did not run.
    fn check_confirmed(&self, key: u64, kind: MessageKind, state: u64, circumstances: Circumstances) -> u64 {
        let mut dead_lettered = 0;
        for receiver in kind.lasting_receivers(key) {
            if has_finished(state, receiver) {
                continue;
            }
            // A redelivered `at_most_once` message becomes a dead letter.
            match kind.repeats() == Repeats::Never {
                true if is_dead_lettered(state, receiver) || circumstances.dead_letters_are_missing => dead_lettered += 1,
                true => self.violate(
                    key,
                    &format!("the broker has confirmed it, {receiver:?} has not handled it, and it is no dead letter"),
                ),
                false => {
                    self.violate(key, &format!("the broker has confirmed it, and {receiver:?} has not handled it"));
                }
            }
        }
        if circumstances.is_calm && kind.is_event() && !has_finished(state, Receiver::Listener) {
            self.violate(key, "the broker has confirmed it, and the listener has not received it, though nothing was broken");
        }
        dead_lettered
    }

    fn violate(&self, key: u64, claim: &str) {
        let kind = self.known(key).map_or("unknown".to_owned(), |(_, kind)| format!("{kind:?}"));
        self.journal.violate(key, &format!("message {}, {kind}", key - FIRST_KEY), claim);
    }

    fn known(&self, key: u64) -> Option<(&Entry, MessageKind)> {
        let entry = self.entry(key)?;
        Some((entry, kind(entry.0.load(Ordering::SeqCst))?))
    }

    fn entry(&self, key: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(key.checked_sub(FIRST_KEY)?).ok()?)
    }
}
