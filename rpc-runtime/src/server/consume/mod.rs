//! Takes deliveries from queues.

mod queue_consumer;
mod worker;
mod worker_handle;

pub(crate) use queue_consumer::QueueConsumer;
pub(crate) use worker::Worker;
pub(crate) use worker_handle::WorkerHandle;
