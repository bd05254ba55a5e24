//! Intercepts the methods between clients and the broker: observes them for recordings, and applies the rules
//! of tests to them.
//!
//! The public names are exported by [`faults`](crate::faults) and [`recorder`](crate::recorder).

mod action;
mod active_rule;
mod combined_actions;
mod direction;
mod effect;
mod impossible;
mod interceptor;
mod matcher;
mod method;
mod observed;
mod registry;
mod rule;
mod step;

pub use action::Action;
pub use direction::Direction;
pub use matcher::Matcher;
pub use method::Method;
pub use observed::ObservedMethod;
pub use rule::Rule;

pub(crate) use effect::Effect;
pub(crate) use interceptor::Interceptor;
pub(crate) use observed::{LogSnapshot, ObservedLog, Payload, Peer};
pub(crate) use registry::{AcceptAction, FaultRegistry};
pub(crate) use step::{Intercepted, Step};
