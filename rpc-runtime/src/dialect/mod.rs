//! Dialects: calls on the wires of other frameworks.
//!
//! A service keeps its trait. A [`ServerDialect`] says how it is served to the peers of another framework, such as nameko
//! or `NestJS`, and a [`ClientDialect`] how its methods are called where such a peer serves them: exchanges, queues and
//! bindings; properties and envelopes; which errors are which; what is acknowledged and what is rejected. Give one to
//! [`Server::service_in`](crate::Server::service_in) or to
//! [`ClientBuilder::dialect`](crate::client::ClientBuilder::dialect).
//!
//! The crate `amqp-rpc-dialects` has the dialects of widespread frameworks; `amqp-rpc` re-exports them with its feature
//! `dialects`. docs/dialects.md tells how to write another one.
//!
//! A dialect translates one message at a time, by functions that do not wait. Everything else stays as it is: limits,
//! deadlines, admission, layers, concurrency, locks, at-most-once, retries, logs. Messages in the library's own protocol
//! never pass this module.

mod caught;
mod client;
mod debug;
mod outcome;
mod server;
mod unsupported;

pub use amqp_rpc_transport::{Binding, Exchange, ExchangeKind, Properties, Queue, Topology};
pub use client::{ClientDialect, OutgoingRequest, PeerReply, ReplyBinding, RequestMessage, Target};
pub use outcome::{Answer, Answered, Outcome, ReplyMessage};
pub use server::{Delivery, Incoming, IncomingRequest, ServerDialect, ServiceTopology};
pub use smol_str::SmolStr;
pub use unsupported::Unsupported;

pub(crate) use caught::caught;
