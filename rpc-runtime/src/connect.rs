//! The connection to the broker: credentials, TLS, and the state of the connection.
//!
//! [`ConnectOptions`] has the address of the broker and all options.

#[cfg(feature = "__rustls")]
pub use amqp_rpc_transport::Tls;
pub use amqp_rpc_transport::{
    Broker, BrokerVersion, ConnectOptions, ConnectionState, Credentials, StateWatch,
};
