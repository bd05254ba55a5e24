//! Publishing with publisher confirms, on a channel that many tasks share or on a dedicated connection.

mod exclusive;
mod shared;

pub use exclusive::ExclusiveConfirmPublisher;
pub use shared::{Confirm, ConfirmOutcome, SharedConfirmPublisher};
