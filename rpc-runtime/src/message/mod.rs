//! The messages between the wire and a method: calls, replies, faults. Plain data that knows no broker.

mod execution;
mod fault;
mod fault_code;
mod incoming_call;
mod partition;
mod reply;

pub(crate) use amqp_rpc_contract::private::Inherited;
pub use amqp_rpc_contract::{
    Context,
    error::{Violation, Violations},
};
pub use execution::Execution;
pub use fault::Fault;
pub use fault_code::FaultCode;
pub use incoming_call::IncomingCall;
pub(crate) use partition::{CallOrigin, FencingToken, Partition, cluster_lock};
pub use reply::{Reply, ReplyKind};
