//! Takes deliveries from queues.

mod fencing_tokens;
mod partition_worker;
mod queue_consumer;
mod worker;
mod worker_handle;

use std::time::Duration;

pub(crate) use fencing_tokens::FencingTokens;
pub(crate) use partition_worker::PartitionWorker;
pub(crate) use queue_consumer::QueueConsumer;
pub(crate) use worker::{Worker, WorkerParts};
pub(crate) use worker_handle::WorkerHandle;

/// How long cancelled calls may take to end. A call that blocks its thread takes longer.
pub(crate) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);
