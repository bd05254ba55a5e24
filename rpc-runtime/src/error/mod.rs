//! The errors of calls, of servers and of connections.

mod call;
mod server;

pub use amqp_rpc_transport::{BrokerError, CannotBlock, CertificateProblem, ConnectError, NotReady};
pub use call::{
    AccessRefused, Blocked, CallError, CircuitOpen, Disconnected, Nacked, NoConsumer, Phase, QueueState,
    RemoteError, TimedOut, TooLarge, Undecodable, Unencodable, Unroutable, UntypedError,
};
pub(crate) use call::{Awaited, ErrorMaps};
pub use server::{ChangeError, ServeError, StartError};

pub use crate::message::{Execution, Fault, FaultCode, Violation, Violations};
