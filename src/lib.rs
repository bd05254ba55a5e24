//! Typed RPC over AMQP 0-9-1.
pub use amqp_rpc_macros::rpc_service;
#[doc(hidden)]
pub use amqp_rpc_runtime::private as __private;
pub use amqp_rpc_runtime::*;
