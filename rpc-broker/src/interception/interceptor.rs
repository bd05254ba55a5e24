//! Applies the rules to one direction of one connection.

use std::sync::Arc;

use super::{
    Direction, FaultRegistry, Intercepted, Peer, Step,
    combined_actions::{CombinedActions, Steps},
};

/// Intercepts one direction of one connection.
#[derive(Debug)]
pub(crate) struct Interceptor<T> {
    registry: Arc<FaultRegistry>,
    peer: Arc<Peer>,
    direction: Direction,
    /// The steps of a value that is to be swapped with the next one.
    held: Vec<Step<T>>,
}

impl<T: Intercepted> Interceptor<T> {
    pub(crate) fn new(registry: &Arc<FaultRegistry>, peer: &Arc<Peer>, direction: Direction) -> Self {
        Self { registry: Arc::clone(registry), peer: Arc::clone(peer), direction, held: Vec::new() }
    }

    /// Returns whether everything passes unchanged and unobserved.
    pub(crate) fn is_idle(&self) -> bool {
        self.registry.is_empty() && self.held.is_empty()
    }

    /// Applies the rules to a value; returns the steps to take, in order.
    pub(crate) fn apply(&mut self, value: T) -> Vec<Step<T>> {
        if self.is_idle() {
            return vec![Step::Forward(value)];
        }
        let Some(payload) = value.payload() else {
            let mut steps = std::mem::take(&mut self.held);
            steps.push(Step::Forward(value));
            return steps;
        };
        let mut actions = CombinedActions::new(self.direction, &payload);
        for rule in self.registry.observe(&self.peer, self.direction, payload) {
            actions.add(&rule);
        }
        let Steps { mut waits, is_swapped, mut then } = actions.steps(value);
        if is_swapped && self.held.is_empty() {
            self.held = then;
            return waits;
        }
        waits.append(&mut then);
        waits.append(&mut self.held);
        waits
    }
}
