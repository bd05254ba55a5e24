//! Middleware from async functions: the everyday form of a layer.

mod client;
mod server;

pub use client::{ClientFromFn, ClientFromFnService, ClientNext, client_from_fn};
pub use server::{FromFn, FromFnService, Next, from_fn};
