//! The connection of a server: links one after the other, their workers, and what they share.

mod link;
mod removal;
mod supervisor;
mod workers;

pub(crate) use link::Epoch;
pub(crate) use supervisor::{State, Supervisor};
pub(crate) use workers::Reassigned;
