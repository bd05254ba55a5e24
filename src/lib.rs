//! Typed RPC over AMQP 0-9-1.
pub use amqp_rpc_macros::rpc_service;
pub use amqp_rpc_runtime::*;
#[doc(hidden)]
pub use amqp_rpc_runtime::private as __private;
