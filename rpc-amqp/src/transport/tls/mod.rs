//! The TLS handshake, and what its errors mean.

mod client;
mod refusal;

pub(crate) use client::Client;
pub(crate) use refusal::explain;
