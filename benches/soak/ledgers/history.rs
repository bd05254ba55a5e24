//! The newest events of a run, printed with a violation.

use std::{
    fmt::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    message_kinds::Receiver,
    outcome::{CallOutcome, PublishOutcome},
};

/// At a few thousand calls a second this is the last half minute.
const KEPT: usize = 400_000;

/// What happened to a call or a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HistoryEvent {
    Made,
    Started,
    /// From a request that is marked as redelivered.
    StartedAgain,
    Finished,
    Ended(CallOutcome),
    /// A message was received by one of its receivers.
    Received {
        receiver: Receiver,
        is_redelivered: bool,
    },
    /// The publisher of a message saw its outcome.
    Published(PublishOutcome),
}

impl fmt::Display for HistoryEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made => f.write_str("made"),
            Self::Started => f.write_str("started"),
            Self::StartedAgain => f.write_str("started, redelivered"),
            Self::Finished => f.write_str("finished"),
            Self::Ended(outcome) => write!(f, "ended: {outcome:?}"),
            Self::Received { receiver, is_redelivered: false } => write!(f, "received by {receiver:?}"),
            Self::Received { receiver, is_redelivered: true } => {
                write!(f, "received by {receiver:?}, redelivered")
            }
            Self::Published(outcome) => write!(f, "its publisher was told: {outcome:?}"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Record {
    at: u32,
    key: u32,
    event: HistoryEvent,
}

#[derive(Debug)]
pub(crate) struct History {
    ring: Mutex<Ring>,
    /// What was broken on purpose, and how connections changed, with the time.
    notes: Mutex<Vec<(u32, String)>>,
    traces: bool,
}

#[derive(Debug)]
struct Ring {
    events: Vec<Record>,
    next: usize,
}

impl History {
    /// Prints notes as they come, if it `traces`.
    pub(crate) fn new(traces: bool) -> Self {
        // Written to at once, so that the run does not seem to grow while it fills up.
        let events = vec![Record { at: u32::MAX, key: u32::MAX, event: HistoryEvent::Made }; KEPT];
        Self { ring: Mutex::new(Ring { events, next: 0 }), notes: Mutex::default(), traces }
    }

    pub(crate) fn add(&self, at: u32, key: u64, event: HistoryEvent) {
        let Ok(key) = u32::try_from(key) else { return };
        let mut ring = lock(&self.ring);
        let next = ring.next;
        ring.events[next] = Record { at, key, event };
        ring.next = (next + 1) % KEPT;
    }

    /// Adds a note that belongs to no single call or message.
    pub(crate) fn note(&self, at: u32, what: &str) {
        if self.traces {
            println!("{:9.3} s  {what}", f64::from(at) / 1e3);
        }
        lock(&self.notes).push((at, what.to_owned()));
    }

    /// The events of one call or message, with the notes from two seconds before it was made.
    pub(crate) fn of(&self, key: u64) -> String {
        let mut lines: Vec<(u32, String)> = Vec::new();
        {
            let ring = lock(&self.ring);
            let (newer, older) = ring.events.split_at(ring.next);
            let own = older.iter().chain(newer).filter(|event| u64::from(event.key) == key);
            lines.extend(own.map(|event| (event.at, event.event.to_string())));
        }
        let Some(&(first, _)) = lines.first() else { return "    (too long ago)".to_owned() };
        let since = first.saturating_sub(2000);
        let notes = lock(&self.notes);
        lines
            .extend(notes.iter().filter(|(at, _)| *at >= since).map(|(at, what)| (*at, format!("- {what}"))));
        lines.sort_by_key(|(at, _)| *at);
        let mut text = String::new();
        for (at, what) in lines {
            let _ = writeln!(text, "    {:9.3} s  {what}", f64::from(at) / 1e3);
        }
        text
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
