//! From a request to the outcome of its method.

mod admit;
mod blocking_methods;
mod calls;
mod decode;
mod dispatch;
mod event_handlers;
mod lock_state;
mod locked;
mod outlive_link;
mod overflow;
mod partition_check;
mod partitioned;
mod pipeline;
mod raw;
mod retry_overloaded;
mod run;

pub use decode::{locked, locked_whole};
pub use dispatch::{serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method};
pub use event_handlers::{EventHandler, EventHandlers, EventOutcome};
pub use raw::{RawMethod, RawService};

pub(crate) use blocking_methods::BlockingMethods;
pub(crate) use pipeline::RequestPipeline;
