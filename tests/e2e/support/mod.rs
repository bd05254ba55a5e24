//! What the end-to-end tests stand on. Everything waits for facts, within bounds; nothing sleeps.
//!
//! | module | gives |
//! |---|---|
//! | [`vhost`] | a virtual host per test, on either broker, and what the broker says of its queues and connections |
//! | [`embedded`] | the embedded broker behind it, where `AMQP_URL` is not set |
//! | [`rabbitmq`] | RabbitMQ behind it, administered by `erl_call`, where `AMQP_URL` is set; nodes and a cluster that tests may kill |
//! | [`raw_peer`] | an AMQP peer that speaks by hand: hostile and foreign messages, foreign servers |
//! | [`byte_peer`] | a publisher that writes frames byte by byte: what no AMQP library would write |
//! | [`program`] | second processes: the Python peers of `tests/interop` and our examples |
//! | [`log`] | what the library logs |
//! | [`proxy`] | a TCP proxy that shows what was said and breaks connections |
//! | `certificates` | certificate authorities and what they issue, made when a test runs |
//! | `tls_front` | TLS in front of a broker that has none |
//! | [`wait`] | bounded waits |
#![allow(dead_code, unused_imports, reason = "a harness offers more than the tests of one moment take")]

pub(crate) mod byte_peer;
mod bytes;
#[cfg(any(feature = "tls", feature = "tls-ring"))]
pub(crate) mod certificates;
mod frames;
pub(crate) mod log;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod rabbitmq;
pub(crate) mod raw_peer;
mod selftest;
#[cfg(any(feature = "tls", feature = "tls-ring"))]
pub(crate) mod tls_front;
pub(crate) mod uri;
pub(crate) mod vhost;
pub(crate) mod wait;

pub(crate) use byte_peer::{BytePeer, RawProperties};
pub(crate) use frames::Said;
pub(crate) use log::{Log, listen_by};
pub(crate) use program::Program;
pub(crate) use proxy::Proxy;
pub(crate) use rabbitmq::{PrivateCluster, PrivateNode};
pub(crate) use raw_peer::{Message, RawPeer};
pub(crate) use uri::BrokerUri;
pub(crate) use vhost::{Permissions, QueueState, Vhost};
pub(crate) use wait::{PATIENCE, await_until, within};
