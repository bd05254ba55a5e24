//! Middleware: layers from async functions, and the types that a layer of your own is written with.

mod client;
mod server;

pub use client::{ClientFromFn, ClientFromFnService, ClientNext, client_from_fn};
pub use server::{FromFn, FromFnService, Next, from_fn};
