//! The operations of a broker's handle on a virtual host.

mod inspect;
mod queue_info;
mod restart;

pub use queue_info::QueueInfo;
