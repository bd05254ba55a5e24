//! Queues of a virtual host: declaring, deleting, purging, expiring.

mod declare;
mod delete;
mod expiry;
mod lookup;
mod timers;

pub(super) use lookup::saturating_count;
pub(super) use timers::Timers;
