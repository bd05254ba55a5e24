//! Where a connection's frames pass by the rules: one tap for each direction.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::watch, time::sleep};

use super::{Action, Decree, Direction, Faults, Method, rule::Law};
use crate::recorder::{Payload, Peer};

/// What passes a tap: a request, or something for a client.
pub(crate) trait Passenger: Clone {
    /// How it looks to rules; `None` for what is no method of a peer.
    fn payload(&self) -> Option<Payload>;

    /// What makes the client get these bytes.
    fn raw(bytes: Bytes) -> Self;
}

/// What is to be done with a passenger, step by step.
#[derive(Debug)]
pub(crate) enum Step<P> {
    /// It goes on.
    Go(P),
    /// Only this many bytes of it go on.
    Half(P, usize),
    /// Nothing goes on until this is over.
    Wait(Wait),
    /// The vhost must do something.
    Decree(Decree),
    /// The connection is reset; no step follows.
    Reset,
    /// The connection is over once what went on has arrived; no step follows.
    Break,
}

/// What a direction of a connection waits for.
#[derive(Debug)]
pub(crate) enum Wait {
    Time(Duration),
    Repeal(watch::Receiver<bool>),
}

impl Wait {
    pub(crate) async fn over(self) {
        match self {
            Self::Time(duration) => sleep(duration).await,
            // A rule that is gone altogether is repealed as well.
            Self::Repeal(mut repealed) => drop(repealed.wait_for(|repealed| *repealed).await),
        }
    }
}

/// One direction of one connection.
#[derive(Debug)]
pub(crate) struct Tap<P> {
    faults: Arc<Faults>,
    peer: Arc<Peer>,
    direction: Direction,
    /// Waits to change places with the next one.
    held: Vec<Step<P>>,
}

impl<P: Passenger> Tap<P> {
    pub(crate) fn new(faults: &Arc<Faults>, peer: &Arc<Peer>, direction: Direction) -> Self {
        Self { faults: Arc::clone(faults), peer: Arc::clone(peer), direction, held: Vec::new() }
    }

    /// Whether everything may go on without being looked at.
    pub(crate) fn is_idle(&self) -> bool {
        self.faults.are_none() && self.held.is_empty()
    }

    /// Applies the rules.
    pub(crate) fn steps(&mut self, passenger: P) -> Vec<Step<P>> {
        if self.is_idle() {
            return vec![Step::Go(passenger)];
        }
        let Some(payload) = passenger.payload() else {
            let mut steps = std::mem::take(&mut self.held);
            steps.push(Step::Go(passenger));
            return steps;
        };
        let plan = Plan::new(self.direction, &payload);
        let laws = self.faults.observe(&self.peer, self.direction, payload);
        let (mut waits, swaps, mut steps) = plan.with(&laws).steps(passenger);
        if swaps && self.held.is_empty() {
            self.held = steps;
            return waits;
        }
        waits.append(&mut steps);
        waits.append(&mut self.held);
        waits
    }
}

/// What the rules that apply come to together.
#[derive(Debug)]
struct Plan {
    channel: u16,
    is_publish: bool,
    waits: Vec<Wait>,
    before: Vec<Bytes>,
    copies: usize,
    half: Option<usize>,
    swaps: bool,
    after: Vec<Bytes>,
    decrees: Vec<Decree>,
    end: Option<End>,
}

/// How a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Reset,
    Break,
}

impl Plan {
    fn new(direction: Direction, payload: &Payload) -> Self {
        let method = payload.method.as_ref().and_then(Method::of);
        Self {
            channel: payload.channel,
            is_publish: direction == Direction::FromClient && method == Some(Method::BasicPublish),
            waits: Vec::new(),
            before: Vec::new(),
            copies: 1,
            half: None,
            swaps: false,
            after: Vec::new(),
            decrees: Vec::new(),
            end: None,
        }
    }

    fn with(mut self, laws: &[Arc<Law>]) -> Self {
        for law in laws {
            self.add(law);
        }
        self
    }

    fn add(&mut self, law: &Law) {
        match &law.action {
            Action::Pass => {}
            Action::Drop => self.copies = 0,
            Action::Delay(duration) => self.waits.push(Wait::Time(*duration)),
            Action::Stall => self.waits.push(Wait::Repeal(law.repealed())),
            // Many rules together must not make thousands of it.
            Action::Duplicate => self.copies = (self.copies * 2).min(16),
            Action::Reorder => self.swaps = true,
            Action::CloseChannel(code, text) if self.channel > 0 => {
                let (channel, code, text) = (self.channel, *code, text.clone());
                self.replace_by(Decree::CloseChannel { channel, code, text });
            }
            Action::CloseChannel(code, text) | Action::CloseConnection(code, text) => {
                self.replace_by(Decree::CloseConnection { code: *code, text: text.clone() });
            }
            Action::Reset => {
                self.copies = 0;
                self.end = Some(End::Reset);
            }
            Action::BreakAfter => self.break_unless_reset(),
            Action::Truncate(bytes) => {
                self.half = Some(*bytes);
                self.break_unless_reset();
            }
            Action::Nack if self.is_publish => self.replace_by(Decree::Nack { channel: self.channel }),
            Action::Nack => {}
            Action::InjectBefore(bytes) => self.before.push(bytes.clone().into()),
            Action::InjectAfter(bytes) => self.after.push(bytes.clone().into()),
        }
    }

    fn break_unless_reset(&mut self) {
        self.end.get_or_insert(End::Break);
    }

    fn replace_by(&mut self, decree: Decree) {
        self.copies = 0;
        self.decrees.push(decree);
    }

    /// What to wait for, whether the rest changes places with the next one, and the rest.
    fn steps<P: Passenger>(self, passenger: P) -> (Vec<Step<P>>, bool, Vec<Step<P>>) {
        let waits = self.waits.into_iter().map(Step::Wait).collect();
        let mut steps: Vec<_> = self.before.into_iter().map(|bytes| Step::Go(P::raw(bytes))).collect();
        match self.half {
            Some(bytes) if self.copies > 0 => steps.push(Step::Half(passenger, bytes)),
            Some(_) => {}
            None => steps.extend((0..self.copies).map(|_| Step::Go(passenger.clone()))),
        }
        steps.extend(self.after.into_iter().map(|bytes| Step::Go(P::raw(bytes))));
        steps.extend(self.decrees.into_iter().map(Step::Decree));
        match self.end {
            Some(End::Reset) => steps.push(Step::Reset),
            Some(End::Break) => steps.push(Step::Break),
            None => {}
        }
        (waits, self.swaps, steps)
    }
}
