//! What the server needs on the broker: exchanges, queues and bindings.

mod events;
mod requests;

pub(crate) use events::{binding, new_listener_queue, topology_of_events};
pub(crate) use requests::{explain, overflow_of, part_of, topology};
