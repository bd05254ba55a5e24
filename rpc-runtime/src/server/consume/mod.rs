//! Taking deliveries from queues.

mod queue_consumer;
mod worker;
mod worker_handle;

pub(crate) use queue_consumer::{QueueConsumer, UNANSWERED};
pub(crate) use worker::{Control, LinkFailure, Mode, Worker, next_mode};
pub(crate) use worker_handle::WorkerHandle;
