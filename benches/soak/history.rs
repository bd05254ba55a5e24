//! The newest events of a run: what is shown of a call or message when something is wrong with it.

use std::{
    fmt::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{ledger::Verdict, message_ledger::Word, messages::Receiver};

/// At some thousand calls in a second the last half minute.
const KEPT: usize = 400_000;

/// What happened to a call or a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Made,
    Started,
    /// By a request that is marked as redelivered.
    StartedAgain,
    Finished,
    Ended(Verdict),
    /// A message, by one of those whom it is for.
    Received {
        receiver: Receiver,
        is_redelivered: bool,
    },
    /// The sender of a message was.
    Told(Word),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made => f.write_str("made"),
            Self::Started => f.write_str("started"),
            Self::StartedAgain => f.write_str("started, redelivered"),
            Self::Finished => f.write_str("finished"),
            Self::Ended(verdict) => write!(f, "ended: {verdict:?}"),
            Self::Received { receiver, is_redelivered: false } => write!(f, "received by {receiver:?}"),
            Self::Received { receiver, is_redelivered: true } => {
                write!(f, "received by {receiver:?}, redelivered")
            }
            Self::Told(word) => write!(f, "its sender was told: {word:?}"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at: u32,
    key: u32,
    deed: Deed,
}

#[derive(Debug)]
pub(crate) struct History {
    ring: Mutex<Ring>,
    /// What was broken on purpose, what became of connections, and when.
    scene: Mutex<Vec<(u32, String)>>,
    traces: bool,
}

#[derive(Debug)]
struct Ring {
    events: Vec<Event>,
    next: usize,
}

impl History {
    /// Prints the scene as it changes, if it `traces`.
    pub(crate) fn new(traces: bool) -> Self {
        // Written to at once, so that the run does not seem to grow while it fills up.
        let events = vec![Event { at: u32::MAX, key: u32::MAX, deed: Deed::Made }; KEPT];
        Self { ring: Mutex::new(Ring { events, next: 0 }), scene: Mutex::default(), traces }
    }

    pub(crate) fn add(&self, at: u32, key: u64, deed: Deed) {
        let Ok(key) = u32::try_from(key) else { return };
        let mut ring = lock(&self.ring);
        let next = ring.next;
        ring.events[next] = Event { at, key, deed };
        ring.next = (next + 1) % KEPT;
    }

    /// What happened to no call or message, and perhaps to all.
    pub(crate) fn note(&self, at: u32, what: &str) {
        if self.traces {
            println!("{:9.3} s  {what}", f64::from(at) / 1e3);
        }
        lock(&self.scene).push((at, what.to_owned()));
    }

    /// What happened to one, with the scene from two seconds before it was made.
    pub(crate) fn of(&self, key: u64) -> String {
        let mut lines: Vec<(u32, String)> = Vec::new();
        {
            let ring = lock(&self.ring);
            let (newer, older) = ring.events.split_at(ring.next);
            let own = older.iter().chain(newer).filter(|event| u64::from(event.key) == key);
            lines.extend(own.map(|event| (event.at, event.deed.to_string())));
        }
        let Some(&(first, _)) = lines.first() else { return "    (too long ago)".to_owned() };
        let since = first.saturating_sub(2000);
        let scene = lock(&self.scene);
        lines
            .extend(scene.iter().filter(|(at, _)| *at >= since).map(|(at, what)| (*at, format!("- {what}"))));
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
