//! What the end-to-end tests stand on. Everything waits for facts, within bounds; nothing sleeps.
//!
//! | module | gives |
//! |---|---|
//! | [`vhost`] | a virtual host per test, and what the broker says of its queues and connections |
//! | [`broker`] | the broker of this run and its administration by `erl_call` |
//! | [`raw_peer`] | an AMQP peer that speaks by hand: hostile and foreign messages, foreign servers |
//! | [`program`] | second processes: the Python peers of `tests/interop` and our examples |
//! | [`proxy`] | a TCP proxy that shows what was said and breaks connections |
//! | [`wait`] | bounded waits |
#![allow(dead_code, unused_imports, reason = "a harness offers more than the tests of one moment take")]

pub(crate) mod broker;
mod bytes;
mod frames;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod raw_peer;
mod selftest;
pub(crate) mod uri;
pub(crate) mod vhost;
pub(crate) mod wait;

pub(crate) use broker::Broker;
pub(crate) use frames::Said;
pub(crate) use program::Program;
pub(crate) use proxy::Proxy;
pub(crate) use raw_peer::{Message, RawPeer};
pub(crate) use vhost::{Permissions, QueueState, Vhost};
pub(crate) use wait::{PATIENCE, await_until, within};
