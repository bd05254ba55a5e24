//! The senders by which the calls of one link hand over replies and settlements.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{direct::DirectCommand, settlement::Settlements};
use crate::server::log::FailureLog;

/// Takes the outcomes of a link's calls.
#[derive(Debug)]
pub(crate) struct ReplySinks {
    pub(crate) settlements: Settlements,
    /// Takes replies to direct addresses, which settle their delivery later.
    pub(crate) direct: mpsc::UnboundedSender<DirectCommand>,
    pub(crate) max_reply_bytes: usize,
    pub(crate) failures: Arc<FailureLog>,
}
