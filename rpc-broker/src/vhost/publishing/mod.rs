//! Publishing: checks, routing, queues, publisher confirms, dead letters.

mod dead_letters;
mod enqueue;
mod publish;
mod route;
mod send_confirms;
