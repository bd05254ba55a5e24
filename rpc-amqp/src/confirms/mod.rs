//! Publishing with publisher confirms, on a channel that many tasks share or on a dedicated connection.

mod exclusive;
mod shared;
mod trial;

pub use exclusive::ExclusiveConfirmPublisher;
pub use shared::{Confirm, SharedConfirmPublisher};
