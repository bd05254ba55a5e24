//! What a server tells of itself: who it is, what it serves, how often that was called.

mod answers;
mod counters;
mod definitions;
mod histogram;
mod instance;
mod reflected;

pub(crate) use answers::Answers;
pub(crate) use counters::{CountedCall, MethodCounters, ServiceCounters};
pub(crate) use definitions::{instance_method, reserved_methods};
pub(crate) use instance::Instance;
pub(crate) use reflected::{Part, Place, ReflectedService};
