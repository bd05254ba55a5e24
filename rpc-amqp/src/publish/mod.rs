//! Publishing without confirms, and the messages and errors that all publishers share.

mod addressed;
mod check;
mod coalesced;
mod error;
mod publisher;

pub use addressed::AddressedMessage;
pub use check::check_encodable;
pub use error::PublishError;
pub use publisher::{BacklogState, Publisher};
