//! The connection of `amqp-rpc` to a broker. No other crate of the project names lapin, which keeps the
//! connection, its channels and all that is declared. Messages go past it: see `transport`.
//!
//! Depend on `amqp-rpc`, which re-exports the types that users need. This crate takes and returns plain data,
//! so that the code above it can be tested without a socket.
//!
//! Imports run one way. Each module imports only modules above it in this list:
//!
//! 1. `limits`, `reply_code`: constants of AMQP. `broker`: the brokers, and what differs between them.
//! 2. `message`, `error`: headers, properties, deliveries and errors as plain data. `pipeline`: requests one
//!    behind the other.
//! 3. `encode`: messages and acknowledgements as frames.
//! 4. `convert`: names and arguments as lapin's types. `options`: addresses, credentials and TLS options.
//! 5. `transport`: the socket below lapin, and the messages that go past it.
//! 6. `message_channel`: a channel that carries messages.
//! 7. `publish`, `consume`: messages on one channel.
//! 8. `connection`: a connection and its channels.
//! 9. `confirms`, `connect`: publishing with confirms; making connections, at first and again.
//! 10. `topology`: declaring and looking up exchanges, queues and bindings.
//! 11. `counter`: a counter in a queue.
#![allow(clippy::disallowed_types, reason = "this is the crate that the rule keeps lapin in")]

mod broker;
mod confirms;
mod connect;
mod connection;
mod consume;
mod convert;
mod counter;
mod encode;
mod error;
pub mod limits;
mod message;
mod message_channel;
mod options;
mod pipeline;
mod publish;
pub mod reply_code;
#[cfg(test)]
mod test_frames;
mod topology;
mod transport;

pub use broker::{Broker, BrokerVersion};
pub use confirms::{Confirm, ExclusiveConfirmPublisher, SharedConfirmPublisher};
pub use connect::{
    AttemptError, Backoff, ConnectionState, NotReady, StateWatch, connect, connect_first, random_share,
    reconnect,
};
pub use connection::{Connection, DataChannel};
pub use consume::Consumer;
pub use encode::{COALESCED, MAX_COALESCED_BYTES};
pub use error::{
    BrokerError, CannotBlock, CertificateProblem, Chain, ConnectError, Disconnect, ExchangeError, Reason,
    chain,
};
pub use message::{ConfirmOutcome, Delivered, HeaderValue, Headers, Properties, Refusal};
#[cfg(feature = "__rustls")]
pub use options::Tls;
pub use options::{ConnectOptions, Credentials, Inbound};
pub use pipeline::{Request, pipelined};
pub use publish::{AddressedMessage, BacklogState, PublishError, Publisher, check_encodable};
pub use topology::{Binding, Exchange, ExchangeKind, Operation, Queue, QueueStatus, Topology, TopologyError};
pub use transport::{
    inbound::{Findings, Part, Parts},
    outbound::{CALLS_PER_MESSAGE, COALESCED_ID_PREFIX, Sharing, announce},
};
