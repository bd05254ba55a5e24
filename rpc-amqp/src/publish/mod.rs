//! Publishing without confirms, and the messages and errors that all publishers share.

mod addressed;
mod backlog;
mod error;
mod publisher;

pub use addressed::Addressed;
pub use backlog::BacklogState;
pub use error::Unpublishable;
pub use publisher::Publisher;
