//! Publishing without confirms, and the messages and errors that all publishers share.

mod addressed;
mod backlog;
mod check;
mod error;
mod publisher;

pub use addressed::AddressedMessage;
pub use backlog::BacklogState;
pub use check::check_encodable;
pub use error::PublishError;
pub use publisher::Publisher;
