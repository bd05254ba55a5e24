//! Takes deliveries from queues.

mod link_failure;
mod queue_consumer;
mod worker;
mod worker_handle;

pub(crate) use link_failure::LinkFailure;
pub(crate) use queue_consumer::QueueConsumer;
pub(crate) use worker::Worker;
pub(crate) use worker_handle::WorkerHandle;
