//! The byte stream below lapin: TCP, TLS, the guard on inbound frames, and the cutoff.

pub(crate) mod cutoff;
pub(crate) mod guard;
pub(crate) mod own_thread;
pub(crate) mod pulse;
pub(crate) mod runtime;
pub(crate) mod socket;
pub(crate) mod stream;
pub(crate) mod tcp;
#[cfg(feature = "__rustls")]
pub(crate) mod tls;
