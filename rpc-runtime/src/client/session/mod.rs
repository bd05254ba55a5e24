//! The connection of a client: the link that messages are sent over, the calls pending on it, and the tasks that keep it.

pub(crate) mod background;
pub(crate) mod correlation;
pub(crate) mod denied_exchanges;
pub(crate) mod exchanges;
pub(crate) mod link;
pub(crate) mod pending;
pub(crate) mod queues;
pub(crate) mod shared;
pub(crate) mod supervisor;
pub(crate) mod sweeper;
mod sync;
