//! A virtual host: one task owns its exchanges, queues, channels and consumers, so that everything happens in
//! one order and without locks. The requests of connections and of the broker's handle arrive in its mailbox.

mod admin;
mod consuming;
mod exchanges;
mod faults;
mod mailbox;
mod names;
mod permissions;
mod publishing;
mod queues;
mod registry;
mod requests;
mod sessions;
mod state;
mod task;

pub use admin::QueueInfo;
pub use state::ReleaseOrder;

pub(crate) use mailbox::{Command, Mailbox};
pub(crate) use registry::VhostRegistry;
pub(crate) use state::{NewHold, NewSession, VhostState};
