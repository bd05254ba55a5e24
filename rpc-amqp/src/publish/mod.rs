//! Publishing: without confirms, with confirms on a shared channel, and with confirms on a connection of its own.

mod backlog;
mod exclusive_confirms;
mod publisher;
mod shared_confirms;

pub use backlog::BacklogState;
pub use exclusive_confirms::ConfirmedPublisher;
pub use publisher::{Addressed, Publisher, Unpublishable};
pub use shared_confirms::{Confirm, ConfirmingPublisher, Verdict};
