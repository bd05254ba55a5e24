//! What passes between the wire and a method: calls, replies, faults, headers. Plain data, no broker.

mod answer;
mod call;
mod fault;
mod fault_code;
mod headers;
mod inherited;
mod properties;
mod refusal;
mod reply;
mod violation;

pub use answer::Answer;
pub use call::{Context, IncomingCall};
pub use fault::{Execution, Fault};
pub use fault_code::FaultCode;
pub use headers::{HeaderValue, Headers};
pub(crate) use inherited::Inherited;
pub(crate) use properties::{Delivered, Properties};
pub(crate) use refusal::Refusal;
pub use reply::{Reply, ReplyKind};
pub use violation::{Violation, Violations};
