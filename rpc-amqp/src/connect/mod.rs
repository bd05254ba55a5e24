//! Connecting, at first and again: nodes in turn, TLS, login, pauses, and the state that users see.

mod backoff;
mod dial;
mod login;
mod reconnect;
mod secure;
mod state;
mod update_secret;

pub use backoff::Backoff;
pub use dial::connect;
pub use reconnect::{connect_first, reconnect};
pub use state::{ConnectionState, NotReady, StateWatch};
