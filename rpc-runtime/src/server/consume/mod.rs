//! Taking deliveries from queues.

mod queue_consumer;
mod worker;
mod worker_handle;

pub(crate) use queue_consumer::{Intake, UNANSWERED};
pub(crate) use worker::{Loss, Order, Told, Worker, next_order};
pub(crate) use worker_handle::Post;
