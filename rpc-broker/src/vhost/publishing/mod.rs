//! Publishing: checks, routing, queues, publisher confirms, dead letters.

mod confirms;
mod dead_letters;
mod enqueue;
mod publish;
mod route;
mod send_confirms;

pub(super) use confirms::Confirms;
