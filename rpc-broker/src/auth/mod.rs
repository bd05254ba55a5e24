//! Users, login mechanisms and permissions.

mod permissions;
pub(crate) mod sasl;
mod users;

pub use permissions::{InvalidPattern, Permissions};
pub(crate) use users::Users;
