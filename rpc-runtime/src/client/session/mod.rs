//! The session of a client: the link to the broker, the calls pending on it, and the tasks that keep it.

pub(crate) mod background;
pub(crate) mod coalescing;
mod denied_exchanges;
pub(crate) mod exchange_cache;
pub(crate) mod link;
pub(crate) mod pending;
pub(crate) mod queue_cache;
mod receive;
mod refused_lookups;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod stats;
pub(crate) mod supervisor;
pub(crate) mod sweep_trigger;
mod sweeper;
mod sync;
