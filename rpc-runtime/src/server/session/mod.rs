//! The connection of a server: links one after the other, their workers, and what they share.

mod link;
mod removal;
mod supervisor;
mod workers;

pub(crate) use link::Link;
pub(crate) use supervisor::{PublishedState, Supervisor};
pub(crate) use workers::ReplacedPlan;
