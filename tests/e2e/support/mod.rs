//! Support of the end-to-end tests. Everything waits for facts, within bounds; nothing sleeps.
//!
//! | module | offers |
//! |---|---|
//! | [`vhost`] | a virtual host per test, on either broker, with the state of its queues and connections |
//! | [`rabbitmq`] | RabbitMQ, administered by `erl_call`, where `AMQP_URL` is set; nodes and a cluster that tests may kill |
//! | [`http_api`] | the broker of `AMQP_URL`, administered by the HTTP API that `AMQP_RPC_TEST_ADMIN` names |
//! | [`left_out`] | tests that the broker of the run cannot serve |
//! | [`raw_peer`] | an AMQP peer that speaks by hand: malformed and foreign messages, foreign servers |
//! | [`expiring`] | waits for messages to expire |
//! | [`byte_peer`] | a publisher that writes frames byte by byte: what no AMQP library would write |
//! | [`program`] | second processes: the Python peers of `tests/interop` and our examples |
//! | [`log`] | the log of the library |
//! | [`proxy`] | a TCP proxy that records traffic and breaks connections |
//! | `certificates` | certificate authorities and what they issue, made when a test runs |
//! | `tls_front` | TLS in front of a broker that has none |
//! | [`intervals`] | when which call ran, and which of them overlapped |
//! | [`wait`] | bounded waits |
#![allow(dead_code, unused_imports, reason = "the harness may offer more than the current tests use")]

pub(crate) mod byte_peer;
mod bytes;
#[cfg(any(feature = "tls", feature = "tls-aws-lc"))]
pub(crate) mod certificates;
pub(crate) mod expiring;
mod frames;
pub(crate) mod http_api;
pub(crate) mod intervals;
pub(crate) mod left_out;
pub(crate) mod log;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod rabbitmq;
pub(crate) mod raw_peer;
#[cfg(any(feature = "tls", feature = "tls-aws-lc"))]
pub(crate) mod tls_front;
pub(crate) mod uri;
pub(crate) mod vhost;
pub(crate) mod wait;

pub(crate) use byte_peer::{BytePeer, RawProperties};
pub(crate) use expiring::until_expired;
pub(crate) use frames::Said;
pub(crate) use left_out::{Need, is_left_out_without};
pub(crate) use log::{Log, listen_by};
pub(crate) use program::Program;
pub(crate) use proxy::Proxy;
pub(crate) use rabbitmq::{PrivateCluster, PrivateNode};
pub(crate) use raw_peer::{Message, RawPeer};
pub(crate) use uri::BrokerUri;
pub(crate) use vhost::{Permissions, QueueState, Vhost, blocking_broker, embedded_broker, recipes};
pub(crate) use wait::{TIMEOUT, await_until, within};
