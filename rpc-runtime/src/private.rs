//! The items that generated code uses. They are not part of the public API, and may change in any release.

pub use amqp_rpc_contract::private::*;

pub use crate::{
    client::{Call, CallOptions, Client, generated::TypedClient},
    contract::LockedMethod,
    contract::{ServeFuture, Service},
    message::IncomingCall,
    server::generated::{
        locked, locked_whole, serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method,
    },
    with_runtime,
};

/// Emits the client and the server of a contract. `amqp-rpc-contract` has a macro of the same name for builds
/// without this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! with_runtime {
    ($visibility:vis [$($name:ident)*] { $($items:tt)* }) => { $($items)* };
}
