//! Middleware: layers from async functions, and the types for custom layers.

mod client;
mod server;

pub use client::{ClientFromFn, ClientFromFnService, ClientNext, client_from_fn};
pub use server::{FromFn, FromFnService, Next, from_fn};

pub use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    layer::{BoxService, RpcService},
    message::{IncomingCall, Reply, ReplyKind},
};
