//! Counts outcomes of calls and messages, by label and kind.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use amqp_rpc::{CallError, error::Phase};

#[derive(Debug)]
pub(crate) struct OutcomeCounts<Kind>(Mutex<BTreeMap<String, BTreeMap<Kind, u64>>>);

impl<Kind> Default for OutcomeCounts<Kind> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Kind: Copy + Ord + fmt::Debug> OutcomeCounts<Kind> {
    pub(crate) fn add(&self, kind: Kind, outcome: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(outcome) {
            counts.insert(outcome.to_owned(), BTreeMap::new());
        }
        if let Some(of_outcome) = counts.get_mut(outcome) {
            *of_outcome.entry(kind).or_default() += 1;
        }
    }

    /// Each outcome with how many there are and of which kinds, the commonest first.
    pub(crate) fn by_number(&self) -> Vec<(String, u64, String)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = counts
            .iter()
            .map(|(outcome, kinds)| {
                let shown: Vec<_> = kinds.iter().map(|(kind, count)| format!("{kind:?} {count}")).collect();
                (outcome.clone(), kinds.values().sum::<u64>(), shown.join(", "))
            })
            .collect();
        rows.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        rows
    }
}

/// The error's variant, with the details that distinguish its cases.
pub(crate) fn label<E>(error: &CallError<E>) -> Cow<'static, str> {
    let phase = |phase| if phase == Phase::Sent { "sent" } else { "not sent" };
    let text = match error {
        CallError::Method(_) => "method error",
        CallError::Fault(fault) => return format!("fault {}", fault.code()).into(),
        CallError::Unroutable(_) => "unroutable",
        CallError::NoConsumer(_) => "no consumer",
        CallError::Timeout(timeout) => return format!("timeout, {}", phase(timeout.phase())).into(),
        CallError::Disconnected(lost) => return format!("disconnected, {}", phase(lost.phase())).into(),
        CallError::Blocked(_) => "blocked",
        CallError::CircuitOpen(_) => "circuit open",
        CallError::Nacked(_) => "nacked",
        CallError::AccessRefused(_) => "access refused",
        CallError::TooLarge(_) => "too large",
        CallError::Encode(_) => "encode",
        CallError::Decode(_) => "undecodable",
        CallError::Closed => "closed",
        _ => "another error",
    };
    text.into()
}
