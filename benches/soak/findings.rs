//! The findings at the end of a run, for its report.

use std::{sync::Arc, time::Duration};

use amqp_rpc::client::ClientStats;

use crate::{
    chaos::Tally,
    clients::OutcomeCounts,
    ledgers::{call_kinds::CallKind, calls::CallTotals, message_kinds::MessageKind, messages::MessageTotals},
    process_sample::ProcessSample,
    servers::ServerCounts,
};

/// The findings at the end of a run.
pub(crate) struct Findings {
    pub(crate) broker: &'static str,
    pub(crate) took: Duration,
    pub(crate) calls: CallTotals,
    pub(crate) outcomes: OutcomeCounts<CallKind>,
    pub(crate) messages: MessageTotals,
    pub(crate) message_outcomes: OutcomeCounts<MessageKind>,
    /// How long redeliveries may have been unmarked, added up over all queues.
    pub(crate) doubtful: Duration,
    pub(crate) recoveries: Vec<Duration>,
    pub(crate) overrun: Duration,
    pub(crate) chaos: Tally,
    pub(crate) server_counts: Arc<ServerCounts>,
    pub(crate) clients: Vec<ClientStats>,
    pub(crate) bad_messages: u64,
    pub(crate) dead_letters: u64,
    pub(crate) samples: Vec<ProcessSample>,
    pub(crate) violations: usize,
}
