//! Exchanges, queues and bindings: plain data, declared and looked up on separate channels.
//!
//! A refused declaration closes its channel, so none is made on a channel that carries messages.

mod declare;
mod definitions;
mod error;
mod look_up;
mod new_connection;

pub use definitions::{Binding, Exchange, ExchangeKind, Queue, Topology};
pub use error::{Operation, TopologyError};
pub use look_up::QueueStatus;
pub(crate) use new_connection::on_new_connection;
