//! Golden conformance suite: the same scripts, frame by frame, on RabbitMQ and on the embedded broker.
//!
//! A script is text: what clients say, line by line ([`performing`] lists what a line can do). Playing it gives a transcript: each
//! line, followed by everything that any client then heard. `golden/` holds the transcripts of RabbitMQ, which every broker must
//! give; record them with `UPDATE_GOLDEN=1` and `AMQP_URL`.
#![allow(clippy::disallowed_types, reason = "speaks AMQP by hand, in the codec's types")]

mod arena;
mod confirmed;
mod connecting;
mod describe;
mod differences;
mod golden;
mod methods;
mod names;
mod observing;
mod peer;
mod performing;
mod random;
mod scripts;
mod sending;
mod stage;
mod words;
