//! Golden conformance suite: the same scripts, frame by frame, on RabbitMQ and on the embedded broker.
//!
//! A script is text: the requests of clients, line by line ([`commands`] lists them). Running it gives a
//! transcript: each line, followed by everything that any client then received. `golden/` holds the
//! transcripts of RabbitMQ, which every broker must give; record them with `UPDATE_GOLDEN=1` and `AMQP_URL`.
#![allow(clippy::disallowed_types, reason = "speaks AMQP by hand, in the codec's types")]

mod arguments;
mod client;
mod client_connect;
mod client_send;
mod commands;
mod confirms;
mod differences;
mod format;
mod generated_names;
mod golden;
mod methods;
mod queue_state;
mod random;
mod runner;
mod scripts;
mod test_broker;
