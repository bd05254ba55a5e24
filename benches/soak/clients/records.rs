//! Everything that callers and publishers record: ledgers, counts of outcomes, and recovery times.

use std::sync::{Arc, atomic::AtomicU64};

use super::{outcome_counts::OutcomeCounts, recovery::Recoveries};
use crate::ledgers::{
    call_kinds::CallKind, calls::CallLedger, message_kinds::MessageKind, messages::MessageLedger,
};

/// Shared by all callers and publishers.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) ledger: Arc<CallLedger>,
    pub(crate) outcomes: OutcomeCounts<CallKind>,
    pub(crate) messages: Arc<MessageLedger>,
    pub(crate) message_outcomes: OutcomeCounts<MessageKind>,
    pub(crate) recoveries: Recoveries,
    /// The longest that a call lasted beyond its timeout.
    pub(crate) overrun_micros: AtomicU64,
}
