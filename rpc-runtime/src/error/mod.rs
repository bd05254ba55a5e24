//! The errors users match on: of a call, of connecting, of serving.

mod broker;
mod call;
mod chain;
mod connect;
mod serve;
#[cfg(test)]
mod tests;

pub use broker::BrokerError;
pub use call::{CallError, Disconnected, Phase, Timeout, TooLarge, Undecodable, Unencodable, Unroutable};
pub(crate) use chain::chain;
pub use connect::ConnectError;
pub use serve::{ServeError, StartError};
