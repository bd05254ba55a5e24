//! The rules and recordings of a broker, and what awaits new connections.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{Action, Direction, Event, Rule, rule::Law};
use crate::recorder::{Observed, Payload, Peer, Tape};

/// What happens to a connection that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    Serve,
    /// It is reset.
    Refuse,
    /// It is accepted, and nobody ever says a word.
    Silence,
}

/// The disturbances of one broker.
#[derive(Debug)]
pub(crate) struct Faults {
    /// How many rules and recordings there are. With none, connections look no further than this.
    active: AtomicUsize,
    books: Mutex<Books>,
    refusals: AtomicUsize,
    silences: AtomicUsize,
    started: Instant,
}

#[derive(Debug, Default)]
struct Books {
    laws: Vec<Arc<Law>>,
    tapes: Vec<Arc<Tape>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            active: AtomicUsize::new(0),
            books: Mutex::default(),
            refusals: AtomicUsize::new(0),
            silences: AtomicUsize::new(0),
            started: Instant::now(),
        }
    }
}

impl Faults {
    pub(crate) fn make_rule(self: &Arc<Self>, event: Event, action: Action) -> Rule {
        let law = Arc::new(Law::new(event, action));
        self.change(|books| books.laws.push(Arc::clone(&law)));
        Rule::new(law, Arc::clone(self))
    }

    pub(super) fn repeal(&self, law: &Arc<Law>) {
        self.change(|books| books.laws.retain(|other| !Arc::ptr_eq(other, law)));
        law.repeal();
    }

    pub(crate) fn add_tape(&self, tape: Arc<Tape>) {
        self.change(|books| books.tapes.push(tape));
    }

    pub(crate) fn remove_tape(&self, tape: &Arc<Tape>) {
        self.change(|books| books.tapes.retain(|other| !Arc::ptr_eq(other, tape)));
    }

    /// Whether there is neither a rule nor a recording.
    pub(super) fn are_none(&self) -> bool {
        self.active.load(Ordering::Acquire) == 0
    }

    /// Records what travels, and returns the rules to apply to it, in the order they were made.
    pub(super) fn observe(&self, peer: &Arc<Peer>, direction: Direction, payload: Payload) -> Vec<Arc<Law>> {
        let at = self.started.elapsed();
        let Some(mut observed) = Observed::new(at, peer, direction, payload) else { return Vec::new() };
        let (mut due, tapes) = {
            let books = self.lock();
            (books.laws.clone(), books.tapes.clone())
        };
        // Not under the lock: rules ask functions of the test.
        due.retain(|law| law.applies_to(&observed));
        if !due.is_empty() {
            observed.set_actions(due.iter().map(|law| law.action.clone()).collect());
        }
        for tape in tapes {
            tape.record(observed.clone());
        }
        for law in &due {
            law.count_hit();
        }
        due
    }

    pub(crate) fn refuse_connections(&self, number: usize) {
        self.refusals.store(number, Ordering::Release);
    }

    pub(crate) fn accept_then_silence(&self, number: usize) {
        self.silences.store(number, Ordering::Release);
    }

    pub(crate) fn greet(&self) -> Greeting {
        if take_one(&self.refusals) {
            Greeting::Refuse
        } else if take_one(&self.silences) {
            Greeting::Silence
        } else {
            Greeting::Serve
        }
    }

    fn change(&self, change: impl FnOnce(&mut Books)) {
        let mut books = self.lock();
        change(&mut books);
        self.active.store(books.laws.len() + books.tapes.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        // Vectors are whole after each push and retain, whatever panicked elsewhere.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    let taken = counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
    taken.is_ok()
}
