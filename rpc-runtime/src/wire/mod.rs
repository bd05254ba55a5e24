//! The wire protocol: the only place that knows the names of properties and what they mean.
//!
//! docs/wire-protocol.md describes it for other languages.

pub(crate) mod address;
pub(crate) mod reply;
pub(crate) mod request;
