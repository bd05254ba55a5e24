//! Faults in the state of a virtual host.

mod effects;
mod queues;
mod release_confirms;
