//! Errors of the broker and of the connection to it, as plain data.

mod broker;
mod cannot_block;
mod certificate;
mod chain;
mod connect;
mod disconnect;
mod from_lapin;
mod reason;

pub use broker::BrokerError;
pub use cannot_block::CannotBlock;
pub use certificate::CertificateProblem;
pub use chain::{Chain, chain};
pub use connect::ConnectError;
pub use disconnect::{Disconnect, ExchangeError};
pub use reason::Reason;
