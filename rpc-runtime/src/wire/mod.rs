//! The wire protocol: the only module that knows which properties and headers a message has, and what they
//! mean.
//!
//! docs/wire-protocol.md describes it for other languages.

pub(crate) mod dead_letter;
pub(crate) mod namespace;
pub(crate) mod partition;
pub(crate) mod reflection;
pub(crate) mod reply;
pub(crate) mod reply_address;
pub(crate) mod request;
pub(crate) mod trace_parent;
