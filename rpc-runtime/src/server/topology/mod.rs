//! The topology that a server needs on the broker: exchanges, queues and bindings.

mod compatibility;
mod dead_letter_queue;
mod events;
mod names;
mod partitions;
mod queue_declaration;
mod reflection;
mod refusals;
mod requests;
mod side_queues;

pub(crate) use compatibility::DeclaredBefore;
pub(crate) use dead_letter_queue::DeadLetterQueue;
pub(crate) use events::{EventQueue, binding, event_topology};
pub(crate) use names::{group_queue, new_listener_queue, new_reflection_queue, overflow_of};
pub(crate) use partitions::{PartitionOf, RequestQueue, request_queues};
pub(crate) use queue_declaration::{QueueDeclaration, Relation};
pub(crate) use reflection::{reflection_topology, reserved_bindings};
pub(crate) use refusals::{explain, no_answer};
pub(crate) use requests::{DeclaredService, request_methods, request_topology};
