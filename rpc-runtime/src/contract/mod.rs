//! The contract that a client and a server share: the traits that generated code implements, and the
//! definitions of services and methods.

mod locked_method;
mod service;

pub use amqp_rpc_contract::contract::{
    Event, LockDef, LockKey, LockScope, MethodDef, MethodKind, NoError, NoReply, Notification, Params,
    Repetition, Request, Response, ServiceDef, WireType,
};
pub use locked_method::LockedMethod;
pub use service::{ServeFuture, Service};
