//! What the senders of messages that nobody answers were told, beside what receivers got: each event is checked against all that came before it. Over 300 lines because every rule reads the same words.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    history::Deed,
    journal::Journal,
    kinds::Repeats,
    messages::{MessageKind, Receiver},
};

/// What a sender knows of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// The broker has it.
    Confirmed,
    /// Known not to have been taken, for good.
    Never,
    Unknown,
    /// The sender let go of it before it had the broker's word.
    Dropped,
}

impl Word {
    pub(crate) const ALL: [Self; 4] = [Self::Confirmed, Self::Never, Self::Unknown, Self::Dropped];

    fn code(self) -> u64 {
        self as u64 + 1
    }
}

/// The numbers of messages begin here: those of calls are smaller.
const FIRST_KEY: u64 = 1 << 31;

/// One message in eight bytes. For each of three receivers 17 bits: how often it started, eight; how often from a delivery that is not
/// marked as a redelivery, eight; whether it finished. Then from bit 51 the code of the sender's word, from 54 the kind, and from 58 whether it
/// is among the dead letters of the first receiver, of the second. All ones before it is made: no kind has that code.
#[derive(Debug)]
struct Entry(AtomicU64);

const PLACE: u32 = 17;
const STARTED: u64 = 1;
const ANEW: u32 = 8;
const FINISHED: u32 = 16;
const WORD: u32 = 51;
const KIND: u32 = 54;
const BURIED: u32 = 58;

/// No message is for two receivers of one place.
fn place(receiver: Receiver) -> u32 {
    match receiver {
        Receiver::Post | Receiver::Archive | Receiver::Audit => 0,
        Receiver::Europe => 1,
        Receiver::Screen => 2,
    }
}

fn started(fate: u64, receiver: Receiver) -> u64 {
    fate >> (PLACE * place(receiver)) & 0xff
}

fn anew(fate: u64, receiver: Receiver) -> u64 {
    fate >> (PLACE * place(receiver) + ANEW) & 0xff
}

fn has_finished(fate: u64, receiver: Receiver) -> bool {
    fate >> (PLACE * place(receiver) + FINISHED) & 1 == 1
}

fn is_buried(fate: u64, receiver: Receiver) -> bool {
    fate >> (BURIED + place(receiver)) & 1 == 1
}

fn word(fate: u64) -> Option<Word> {
    Word::ALL.into_iter().find(|word| word.code() == fate >> WORD & 0b111)
}

fn kind(fate: u64) -> Option<MessageKind> {
    MessageKind::ALL.into_iter().find(|kind| *kind as u64 == fate >> KIND & 0xf)
}

/// All messages of a run.
#[derive(Debug)]
pub(crate) struct MessageLedger {
    pub(crate) journal: Arc<Journal>,
    entries: Vec<Entry>,
    made: AtomicU64,
    /// Executions for which no message was made: of those that the chaos made up.
    strangers: AtomicU64,
    redelivered: AtomicU64,
    /// Second executions that the broker's forgetting explains.
    unmarked: AtomicU64,
    /// For each receiver the executions that only a client that sent again explains.
    repeated_by_client: [AtomicU64; Receiver::ALL.len()],
}

/// What is known of the end of a run, beside what was written down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Nothing was broken: the listener has missed nothing.
    pub(crate) is_calm: bool,
    /// A queue of dead letters was full, and the oldest have gone.
    pub(crate) letters_are_missing: bool,
}

/// What became of the messages of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageAccount {
    pub(crate) made: u64,
    /// In the order of [`Word::ALL`]: how many notifications and how many events.
    pub(crate) words: [(u64, u64); Word::ALL.len()],
    /// In the order of [`Receiver::ALL`]: how many messages it had to receive, how many it did, and how many of them more than once.
    pub(crate) received: [(u64, u64, u64); Receiver::ALL.len()],
    /// Messages that run at most once, were confirmed, and are dead letters in place of having run.
    pub(crate) buried: u64,
    pub(crate) redelivered: u64,
    pub(crate) unmarked: u64,
    /// The most that any receiver has met.
    pub(crate) repeated_by_client: u64,
    pub(crate) strangers: u64,
}

impl MessageLedger {
    /// Takes all the memory it will need at once.
    pub(crate) fn with_room_for(messages: usize, journal: Arc<Journal>) -> Self {
        Self {
            journal,
            entries: std::iter::repeat_with(|| Entry(AtomicU64::new(u64::MAX))).take(messages).collect(),
            made: AtomicU64::new(0),
            strangers: AtomicU64::new(0),
            redelivered: AtomicU64::new(0),
            unmarked: AtomicU64::new(0),
            repeated_by_client: Default::default(),
        }
    }

    /// A message that is about to be sent. `None` when the ledger is full.
    pub(crate) fn make(&self, kind: MessageKind) -> Option<u64> {
        let key = FIRST_KEY + self.made.fetch_add(1, Ordering::Relaxed);
        let Some(Entry(fate)) = self.entry(key) else {
            self.made.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        fate.store((kind as u64) << KIND, Ordering::SeqCst);
        self.journal.add(key, Deed::Made);
        Some(key)
    }

    /// A receiver begins to handle it.
    pub(crate) fn start(&self, receiver: Receiver, key: u64, is_redelivered: bool) {
        let Some((Entry(fate), kind)) = self.known(key) else {
            // What the chaos makes up has this number, or none.
            if key != u64::MAX {
                let claim = format!("{receiver:?} got number {key}, which nobody has sent");
                self.journal.violations.add(&claim);
            }
            self.strangers.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.journal.add(key, Deed::Received { receiver, is_redelivered });
        if !kind.is_for(receiver, key) {
            return self.violate(key, &format!("{receiver:?} got it, and it is not for {receiver:?}"));
        }
        let new = if is_redelivered { 0 } else { 1 << ANEW };
        let before = fate.fetch_add((STARTED + new) << (PLACE * place(receiver)), Ordering::SeqCst);
        if is_redelivered {
            self.redelivered.fetch_add(1, Ordering::Relaxed);
        }
        if word(before) == Some(Word::Never) {
            self.violate(key, &format!("{receiver:?} got it, and its sender was told that nobody ever will"));
        }
        if started(before, receiver) == 0 {
            return;
        }
        // Of two deliveries of one message either may be first.
        let deliveries = anew(before, receiver) + u64::from(!is_redelivered);
        let may_be_unmarked = receiver
            .queue()
            .is_some_and(|queue| self.journal.forgetting.may_be_unmarked(queue, self.journal.millis()));
        match kind.repeats() {
            // Then even what its client may have sent again is not known to be that.
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

    /// The receiver has handled it.
    pub(crate) fn finish(&self, receiver: Receiver, key: u64) {
        if let Some((Entry(fate), _)) = self.known(key) {
            self.journal.add(key, Deed::Finished);
            fate.fetch_or(1 << (PLACE * place(receiver) + FINISHED), Ordering::SeqCst);
        }
    }

    /// Its sender was told `outcome`.
    pub(crate) fn end(&self, key: u64, seen: Word, outcome: &str) {
        let Some((Entry(fate), _)) = self.known(key) else { return };
        self.journal.add(key, Deed::Told(seen));
        let before = fate.fetch_or(seen.code() << WORD, Ordering::SeqCst);
        if word(before).is_some() {
            self.violate(key, "its sender was told twice");
        }
        let has_started = Receiver::ALL.into_iter().any(|receiver| started(before, receiver) > 0);
        if seen == Word::Never && has_started {
            let claim = format!("it was received, and its sender is told that nobody ever will: {outcome}");
            self.violate(key, &claim);
        }
    }

    /// It is among the dead letters of this receiver.
    pub(crate) fn bury(&self, receiver: Receiver, key: u64) {
        let Some((Entry(fate), kind)) = self.known(key) else { return };
        let before = fate.fetch_or(1 << (BURIED + place(receiver)), Ordering::SeqCst);
        if !kind.is_for(receiver, key) {
            self.violate(key, &format!("it is a dead letter of {receiver:?}, and not for {receiver:?}"));
        } else if kind != MessageKind::NoteRefused && kind.repeats() != Repeats::Never {
            self.violate(key, &format!("it is a dead letter of {receiver:?}, and did not fail"));
        }
        if word(before) == Some(Word::Never) {
            self.violate(key, "it is a dead letter, and its sender was told that nobody took it");
        }
    }

    /// Whether the receiver has handled it.
    pub(crate) fn was_received(&self, receiver: Receiver, key: u64) -> bool {
        self.known(key).is_some_and(|(Entry(fate), _)| has_finished(fate.load(Ordering::SeqCst), receiver))
    }

    /// Adds it all up, and finds what was confirmed and lost. Nothing is under way any more.
    pub(crate) fn close(&self, circumstances: Circumstances) -> MessageAccount {
        let repeated = self.repeated_by_client.iter().map(|repeated| repeated.load(Ordering::SeqCst));
        let mut account = MessageAccount {
            made: self.made.load(Ordering::SeqCst),
            redelivered: self.redelivered.load(Ordering::SeqCst),
            unmarked: self.unmarked.load(Ordering::SeqCst),
            repeated_by_client: repeated.max().unwrap_or_default(),
            strangers: self.strangers.load(Ordering::SeqCst),
            ..MessageAccount::default()
        };
        for key in FIRST_KEY..FIRST_KEY + account.made {
            let Some((Entry(fate), kind)) = self.known(key) else { break };
            let fate = fate.load(Ordering::SeqCst);
            let Some(word) = word(fate) else {
                self.violate(key, "its sender was never told");
                continue;
            };
            let words = &mut account.words[word as usize];
            words.0 += u64::from(!kind.is_event());
            words.1 += u64::from(kind.is_event());
            for receiver in Receiver::ALL.into_iter().filter(|receiver| kind.is_for(*receiver, key)) {
                let received = &mut account.received[receiver as usize];
                received.0 += u64::from(word == Word::Confirmed);
                received.1 += u64::from(started(fate, receiver) > 0);
                received.2 += u64::from(started(fate, receiver) > 1);
            }
            if word == Word::Confirmed {
                account.buried += self.check_confirmed(key, kind, fate, circumstances);
            }
        }
        account
    }

    /// Returns for how many receivers it is a dead letter in place of having run.
    fn check_confirmed(&self, key: u64, kind: MessageKind, fate: u64, circumstances: Circumstances) -> u64 {
        let mut buried = 0;
        for receiver in kind.lasting_receivers(key) {
            if has_finished(fate, receiver) {
                continue;
            }
            // What runs at most once, and was delivered before, is kept for people.
            match kind.repeats() == Repeats::Never {
                true if is_buried(fate, receiver) || circumstances.letters_are_missing => buried += 1,
                true => self.violate(
                    key,
                    &format!("the broker has confirmed it, {receiver:?} has not handled it, and it is no dead letter"),
                ),
                false => {
                    self.violate(key, &format!("the broker has confirmed it, and {receiver:?} has not handled it"));
                }
            }
        }
        if circumstances.is_calm && kind.is_event() && !has_finished(fate, Receiver::Screen) {
            self.violate(key, "the broker has confirmed it, and the listener has not received it, though nothing was broken");
        }
        buried
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
