//! Faults on demand: what networks, brokers and peers do to a client, done on purpose.

mod action;
mod decree;
mod event;
mod method;
mod registry;
mod rule;
mod tap;

pub use action::Action;
pub use event::{Direction, Event};
pub use method::Method;
pub use rule::Rule;

pub use crate::{
    broker::{Connection, WithheldConfirms},
    vhost::Release,
};

pub(crate) use decree::Decree;
pub(crate) use registry::{Faults, Greeting};
pub(crate) use tap::{Passenger, Step, Tap};
