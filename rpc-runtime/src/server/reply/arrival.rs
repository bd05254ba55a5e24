//! What is known of a delivery besides its request.

use std::{sync::Arc, time::Instant};

use crate::{server::services::QueuePlan, wire::dead_letter::OriginalMessage};

/// The facts about a delivery besides its message.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) tag: u64,
    pub(crate) is_malformed: bool,
    pub(crate) received_at: Instant,
}

/// A message that becomes a dead letter if it fails.
pub(crate) struct KeptMessage {
    pub(crate) message: OriginalMessage,
    pub(crate) queue: Arc<QueuePlan>,
}
