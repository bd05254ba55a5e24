//! The keys of [`Secret`](crate::Secret)s, and the rules for them.
//!
//! A client and a server get the same keys:
//!
//! ```
//! # extern crate amqp_rpc_runtime as amqp_rpc;
//! use amqp_rpc::{Client, Server, secrets::Keyring};
//!
//! # fn main() -> Result<(), amqp_rpc::secrets::InvalidKey> {
//! # let key = Keyring::generate_key();
//! let keyring = Keyring::new(&key)?;
//! let client = Client::builder().keyring(keyring.clone());
//! let server = Server::new().keyring(keyring);
//! # let _ = (client, server);
//! # Ok(()) }
//! ```
//!
//! Each client and each server has one keyring: use other keys for each virtual host, so that what is read on
//! one is worth nothing on another.

#[cfg(feature = "secrets")]
mod keyring;
#[cfg(feature = "secrets")]
mod label;
#[cfg(feature = "secrets")]
mod members;
#[cfg(feature = "secrets")]
mod message;
#[cfg(not(feature = "secrets"))]
mod none;
#[cfg(feature = "secrets")]
mod protected_names;
#[cfg(feature = "secrets")]
mod request;
#[cfg(feature = "secrets")]
mod seal;
#[cfg(feature = "secrets")]
mod structs;
#[cfg(all(test, feature = "secrets"))]
mod tests;
#[cfg(feature = "secrets")]
mod token;

/// The header with the seal of a request.
pub(crate) const SEAL: &str = "secrets-seal";

#[cfg(feature = "secrets")]
pub use keyring::{InvalidKey, Keyring};
#[cfg(feature = "secrets")]
pub(crate) use message::{MessageScope, Secrets};
#[cfg(not(feature = "secrets"))]
pub(crate) use none::{MessageScope, RequestSeal, RequestSecrets, Secrets};
#[cfg(feature = "secrets")]
pub use protected_names::LEGACY_NAMES;
#[cfg(feature = "secrets")]
pub(crate) use request::RequestSecrets;
#[cfg(feature = "secrets")]
pub(crate) use seal::RequestSeal;
#[cfg(feature = "secrets")]
pub use token::InvalidToken;
