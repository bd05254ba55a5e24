//! What passes between the wire and a method: calls, replies, faults, headers. Plain data, no broker.

mod answer;
mod call;
mod fault;
mod fault_code;
mod inherited;
mod reply;
mod violation;

pub use answer::Answer;
pub use call::{Context, IncomingCall};
pub use fault::{Execution, Fault};
pub use fault_code::FaultCode;
pub(crate) use inherited::Inherited;
pub use reply::{Reply, ReplyKind};
pub use violation::{Violation, Violations};
