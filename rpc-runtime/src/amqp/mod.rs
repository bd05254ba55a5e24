//! The broker through lapin: the only folder that names lapin's types.
//!
//! Everything it hands out is plain data of `message` and `error`, so that the rest can be tested without a socket.
#![allow(clippy::disallowed_types, reason = "this is the place the rule keeps lapin in")]

mod backlog;
mod backoff;
mod confirmed;
mod confirming;
mod connection;
mod consumer;
mod credentials;
mod dial;
mod failure;
mod guard;
mod lifeline;
mod login;
mod options;
mod properties;
mod publisher;
mod reconnect;
mod secrets;
mod security;
mod socket;
mod state;
mod tcp;
#[cfg(feature = "__rustls")]
mod tls;
mod topology;
mod transport;
mod uri;

pub(crate) use backoff::Backoff;
pub(crate) use confirmed::ConfirmedPublisher;
pub(crate) use confirming::{Confirm, ConfirmingPublisher, Verdict};
pub(crate) use connection::{Connection, DataChannel};
pub(crate) use consumer::Consumer;
pub use credentials::Credentials;
pub(crate) use dial::connect;
pub use options::ConnectOptions;
pub(crate) use options::Inbound;
pub(crate) use publisher::{Addressed, Publisher, Unpublishable};
pub(crate) use reconnect::{connect_first, reconnect};
pub use state::{ConnectionState, NotReady, StateWatch};
#[cfg(feature = "__rustls")]
pub use tls::Tls;
pub(crate) use topology::{Binding, Exchange, ExchangeKind, Queue, Topology, TopologyError, Touch};
