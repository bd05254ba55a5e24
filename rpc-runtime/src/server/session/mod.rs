//! The connection of a server: one link after the other, the workers of each, and changes while it serves.

mod finish_outliving;
mod link;
mod removal;
mod state;
mod supervisor;
mod workers;

pub(crate) use link::Link;
pub(crate) use state::PublishedState;
pub(crate) use supervisor::Supervisor;
