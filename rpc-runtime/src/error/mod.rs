//! The errors users match on: of calls, and of servers.

mod call;
mod server;

pub use call::{
    AccessRefused, Blocked, CallError, Disconnected, NoConsumer, Phase, Rejected, RemoteError, Served,
    Timeout, TooLarge, Undecodable, Unencodable, Unroutable, UntypedError,
};
pub(crate) use call::{Awaited, ErrorMaps};
pub use server::{ChangeError, ServeError, StartError};
