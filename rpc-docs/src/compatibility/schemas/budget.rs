//! How much a comparison may do: descriptions may be hostile.

use serde_json::Value;

/// What is left of the work of one comparison, for all services.
///
/// A step is a small piece of work of bounded cost: a part of a schema that is looked at, a keyword that is kept or
/// cloned, a listed value, some tens of bytes of text. Longer work takes more of them.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: usize,
    findings: usize,
    exhausted: bool,
}

impl Budget {
    /// Ten thousand methods of ten fields each need fewer.
    const STEPS: usize = 5_000_000;

    /// More findings than these are read by nobody.
    pub(crate) const FINDINGS: usize = 10_000;

    /// Whether this many further steps may be taken.
    pub(super) fn take_steps(&mut self, count: usize) -> bool {
        take(&mut self.steps, count, &mut self.exhausted)
    }

    /// Whether another finding may be added.
    pub(crate) fn take_finding(&mut self) -> bool {
        take(&mut self.findings, 1, &mut self.exhausted)
    }

    /// Findings of one body were left out.
    pub(super) fn exhaust(&mut self) {
        self.exhausted = true;
    }

    /// Something was left out.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Self::STEPS, findings: Self::FINDINGS, exhausted: false }
    }
}

fn take(left: &mut usize, count: usize, exhausted: &mut bool) -> bool {
    match left.checked_sub(count) {
        Some(less) => {
            *left = less;
            true
        }
        None => {
            *left = 0;
            *exhausted = true;
            false
        }
    }
}

/// The steps that it takes to read this text.
pub(super) fn steps_of_text(text: &str) -> usize {
    1 + text.len() / 32
}

/// The steps that it takes to read this value to its end.
pub(super) fn steps_of(value: &Value) -> usize {
    match value {
        Value::String(text) => steps_of_text(text),
        Value::Array(values) => 1 + values.iter().map(steps_of).sum::<usize>(),
        Value::Object(members) => {
            1 + members.iter().map(|(name, value)| steps_of_text(name) + steps_of(value)).sum::<usize>()
        }
        _ => 1,
    }
}
