//! Below lapin: the socket, with TLS, the task that owns it, and the messages that go past lapin.

pub(crate) mod channels;
pub(crate) mod cutoff;
pub(crate) mod driver;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod own_thread;
pub(crate) mod pipe;
pub(crate) mod pulse;
pub(crate) mod runtime;
pub(crate) mod socket;
pub(crate) mod tcp;
#[cfg(feature = "__rustls")]
pub(crate) mod tls;
