//! Queues of a virtual host: declaring, deleting, purging, expiring.

mod declare;
mod delete;
mod expiry;
mod lookup;

pub(super) use lookup::saturating_count;
