//! The connection of `amqp-rpc` to a broker, through lapin: the only crate of the project that names lapin.
//!
//! Depend on `amqp-rpc`, which re-exports what users need. Everything this crate hands out is plain data, so
//! that what builds on it can be tested without a socket. The order of the modules is that of a connection:
//! `options` → `connect` (over `transport`) → `connection` → `topology` → `publish` → `consume`.
#![allow(clippy::disallowed_types, reason = "this is the crate that the rule keeps lapin in")]

mod confirms;
mod connect;
mod connection;
mod consume;
mod convert;
mod error;
pub mod limits;
mod message;
mod options;
mod publish;
pub mod reply_code;
mod topology;
mod transport;

pub use confirms::{Confirm, ConfirmedPublisher, ConfirmingPublisher, Verdict};
pub use connect::{Backoff, ConnectionState, NotReady, StateWatch, connect, connect_first, reconnect};
pub use connection::{Connection, DataChannel};
pub use consume::Consumer;
pub use error::{
    BrokerError, CannotBlock, CertificateProblem, Chain, ConnectError, Disconnect, ExchangeError, chain,
};
pub use message::{Delivered, HeaderValue, Headers, Properties, Refusal};
#[cfg(feature = "__rustls")]
pub use options::Tls;
pub use options::{ConnectOptions, Credentials, Inbound};
pub use publish::{Addressed, BacklogState, Publisher, Unpublishable};
pub use topology::{Binding, Exchange, ExchangeKind, Queue, QueueStatus, Topology, TopologyError, Touch};
pub use transport::guard::Findings;
