//! Deliveries with several calls: settled when all their calls are.

use std::collections::HashMap;

/// The deliveries whose calls are not all settled.
#[derive(Debug)]
pub(super) struct CoalescedDeliveries<Reply>(HashMap<u64, Unfinished<Reply>>);

impl<Reply> Default for CoalescedDeliveries<Reply> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Debug)]
struct Unfinished<Reply> {
    left: u16,
    settled: SettledCalls<Reply>,
}

/// How the calls of a delivery were settled.
#[derive(Debug)]
pub(super) struct SettledCalls<Reply> {
    pub(super) calls: u16,
    /// A call was not done.
    pub(super) requeue: bool,
    /// A call failed, and there is no caller to tell.
    pub(super) reject: bool,
    /// Replies that promise that their call does not run. They are sent when the delivery cannot come again.
    pub(super) refusals: Vec<Reply>,
}

/// How one call of a delivery was settled.
#[derive(Debug)]
pub(super) enum SettledCall<Reply> {
    Done,
    Refused(Reply),
    Reject,
    Requeue,
}

impl<Reply> CoalescedDeliveries<Reply> {
    /// A delivery has so many calls.
    pub(super) fn begin(&mut self, delivery: u64, calls: u16) {
        let settled = SettledCalls { calls, requeue: false, reject: false, refusals: Vec::new() };
        self.0.insert(delivery, Unfinished { left: calls, settled });
    }

    /// One of its calls is settled. Returns how all were, after the last one.
    pub(super) fn settle(&mut self, delivery: u64, call: SettledCall<Reply>) -> Option<SettledCalls<Reply>> {
        let unfinished = self.0.get_mut(&delivery)?;
        let settled = &mut unfinished.settled;
        match call {
            SettledCall::Done => {}
            SettledCall::Refused(reply) => settled.refusals.push(reply),
            SettledCall::Reject => settled.reject = true,
            SettledCall::Requeue => settled.requeue = true,
        }
        unfinished.left -= 1;
        if unfinished.left > 0 {
            return None;
        }
        self.0.remove(&delivery).map(|unfinished| unfinished.settled)
    }
}
