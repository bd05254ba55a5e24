//! The TLS handshake and its errors.

mod client;
mod explain;

pub(crate) use client::Client;
pub(crate) use explain::explain;
