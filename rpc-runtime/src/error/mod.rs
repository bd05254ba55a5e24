//! The errors users match on: of a call, of connecting, of serving.

mod call;
mod change;
mod encoding;
mod refused;
mod remote;
mod serve;
#[cfg(test)]
mod tests;
mod timeout;
mod untyped;

pub use call::{CallError, Disconnected, Phase, Unroutable};
pub use change::ChangeError;
pub use encoding::{TooLarge, Undecodable, Unencodable};
pub use refused::{AccessRefused, Blocked, NoConsumer, Rejected};
pub(crate) use remote::ErrorMaps;
pub use remote::RemoteError;
pub use serve::{ServeError, StartError};
pub(crate) use timeout::Awaited;
pub use timeout::{Served, Timeout};
pub use untyped::UntypedError;
