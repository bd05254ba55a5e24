//! The errors of calls, notifications and events.

mod access_refused;
mod blocked;
mod call_error;
mod circuit_open;
mod disconnected;
mod encoding;
mod error_maps;
mod nacked;
mod no_consumer;
mod phase;
mod queue_state;
mod remote;
#[cfg(test)]
mod tests;
mod timed_out;
mod unroutable;
mod untyped;

pub use access_refused::AccessRefused;
pub use blocked::Blocked;
pub use call_error::CallError;
pub use circuit_open::CircuitOpen;
pub use disconnected::Disconnected;
pub use encoding::{TooLarge, Undecodable, Unencodable};
pub(crate) use error_maps::ErrorMaps;
pub use nacked::Nacked;
pub use no_consumer::NoConsumer;
pub use phase::Phase;
pub use queue_state::QueueState;
pub use remote::RemoteError;
pub(crate) use timed_out::Awaited;
pub use timed_out::TimedOut;
pub use unroutable::Unroutable;
pub use untyped::UntypedError;
