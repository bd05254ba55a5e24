//! Connects and reconnects: cluster nodes in turn, TLS, login, backoff, and the connection state.

mod attempt_error;
mod backoff;
mod dial;
mod explain;
mod login;
mod reconnect;
mod secure;
mod state;
mod update_secret;

pub use attempt_error::AttemptError;
pub use backoff::{Backoff, random_share};
pub use dial::connect;
pub use reconnect::{connect_first, reconnect};
pub use state::{ConnectionState, NotReady, StateWatch};
