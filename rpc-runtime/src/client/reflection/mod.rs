//! Asks servers what they serve. Public in [`reflection`](crate::reflection).

mod answers;
mod ask;
mod instance;

pub use ask::Reflection;
pub use instance::{Instance, InstanceStats, MethodStats, ServedService};
