//! Faults in the state of a virtual host.

mod effects;
mod held_confirms;
mod queues;
mod release_confirms;

pub(crate) use held_confirms::NewHold;
pub use held_confirms::ReleaseOrder;

pub(super) use held_confirms::HeldConfirms;
