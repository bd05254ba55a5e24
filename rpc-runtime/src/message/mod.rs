//! The messages between the wire and a method: calls, replies, faults. Plain data that knows no broker.

mod context;
mod execution;
mod fault;
mod fault_code;
mod incoming_call;
mod inherited;
mod reply;
mod violation;

pub use context::Context;
pub use execution::Execution;
pub use fault::Fault;
pub use fault_code::FaultCode;
pub use incoming_call::IncomingCall;
pub(crate) use inherited::Inherited;
pub use reply::{Reply, ReplyKind};
pub use violation::{Violation, Violations};
