//! Combines the actions of all rules that apply to one method into steps.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Action, Direction, Effect, Method, Payload,
    active_rule::ActiveRule,
    step::{Intercepted, Step, Wait},
};

/// The combined actions of the rules that apply to one method.
#[derive(Debug)]
pub(super) struct CombinedActions {
    channel: u16,
    is_publish: bool,
    waits: Vec<Wait>,
    before: Vec<Bytes>,
    copies: usize,
    truncated_to: Option<usize>,
    is_swapped: bool,
    after: Vec<Bytes>,
    effects: Vec<Effect>,
    end: Option<ConnectionEnd>,
}

/// The steps for one intercepted value.
#[derive(Debug)]
pub(super) struct Steps<T> {
    /// Taken first, even when the value is swapped with the next one.
    pub(super) waits: Vec<Step<T>>,
    /// Whether `then` follows the steps of the next value.
    pub(super) is_swapped: bool,
    pub(super) then: Vec<Step<T>>,
}

/// How the connection ends after the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionEnd {
    Reset,
    Break,
}

impl CombinedActions {
    pub(super) fn new(direction: Direction, payload: &Payload) -> Self {
        let method = payload.method.as_ref().and_then(Method::of);
        Self {
            channel: payload.channel,
            is_publish: direction == Direction::FromClient && method == Some(Method::BasicPublish),
            waits: Vec::new(),
            before: Vec::new(),
            copies: 1,
            truncated_to: None,
            is_swapped: false,
            after: Vec::new(),
            effects: Vec::new(),
            end: None,
        }
    }

    pub(super) fn add(&mut self, rule: &ActiveRule) {
        match &rule.action {
            Action::Pass => {}
            Action::Drop => self.copies = 0,
            Action::Delay(duration) => self.delay(*duration),
            Action::Stall => self.waits.push(Wait::RuleRemoved(rule.removed())),
            // Many rules together must not make thousands of copies.
            Action::Duplicate => self.copies = (self.copies * 2).min(16),
            Action::Reorder => self.is_swapped = true,
            Action::CloseChannel(code, text) if self.channel > 0 => {
                let (channel, code, text) = (self.channel, *code, text.clone());
                self.replace_by(Effect::CloseChannel { channel, code, text });
            }
            Action::CloseChannel(code, text) | Action::CloseConnection(code, text) => {
                self.replace_by(Effect::CloseConnection { code: *code, text: text.clone() });
            }
            Action::Reset => {
                self.copies = 0;
                self.end = Some(ConnectionEnd::Reset);
            }
            Action::BreakAfter => self.break_unless_reset(),
            Action::Truncate(bytes) => {
                self.truncated_to = Some(*bytes);
                self.break_unless_reset();
            }
            Action::Nack if self.is_publish => self.replace_by(Effect::Nack { channel: self.channel }),
            Action::Nack => {}
            Action::InjectBefore(bytes) => self.before.push(bytes.clone().into()),
            Action::InjectAfter(bytes) => self.after.push(bytes.clone().into()),
        }
    }

    /// Delays add up.
    fn delay(&mut self, duration: Duration) {
        let earlier = self.waits.iter_mut().find_map(|wait| match wait {
            Wait::Delay(earlier) => Some(earlier),
            Wait::RuleRemoved(_) => None,
        });
        match earlier {
            Some(earlier) => *earlier = earlier.saturating_add(duration),
            None => self.waits.push(Wait::Delay(duration)),
        }
    }

    fn break_unless_reset(&mut self) {
        self.end.get_or_insert(ConnectionEnd::Break);
    }

    fn replace_by(&mut self, effect: Effect) {
        self.copies = 0;
        self.effects.push(effect);
    }

    pub(super) fn steps<T: Intercepted>(self, value: T) -> Steps<T> {
        let waits = self.waits.into_iter().map(Step::Wait).collect();
        let mut then: Vec<_> = self.before.into_iter().map(|bytes| Step::Forward(T::inject(bytes))).collect();
        match self.truncated_to {
            Some(bytes) if self.copies > 0 => then.push(Step::Truncate(value, bytes)),
            Some(_) => {}
            None => then.extend((0..self.copies).map(|_| Step::Forward(value.clone()))),
        }
        then.extend(self.after.into_iter().map(|bytes| Step::Forward(T::inject(bytes))));
        then.extend(self.effects.into_iter().map(Step::Apply));
        match self.end {
            Some(ConnectionEnd::Reset) => then.push(Step::Reset),
            Some(ConnectionEnd::Break) => then.push(Step::Break),
            None => {}
        }
        Steps { waits, is_swapped: self.is_swapped, then }
    }
}
