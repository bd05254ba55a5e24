//! The contract that a client and a server share: the traits that generated code implements, and the
//! definitions of services and methods.

mod service;

pub use amqp_rpc_contract::contract::{
    Event, MethodDef, MethodKind, NoError, NoReply, Notification, Repetition, Request, Response, ServiceDef,
    WireType,
};
pub use service::{ServeFuture, Service};
