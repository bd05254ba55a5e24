//! Layers: code that runs around every call of a server or a client.

mod boxed;
pub mod builtin;
mod isolate;
pub mod middleware;
mod panic_text;
mod rpc_service;

pub use boxed::BoxService;
pub(crate) use isolate::{caught, isolated};
pub use rpc_service::RpcService;
