//! Inspects inbound frames before lapin parses them.
//!
//! The guard sits between the socket and lapin. It protects lapin's thread, whose stack is small, and the
//! process's memory. Three kinds of frames are changed, all others pass unchanged:
//!
//! * Content headers that lapin's parser cannot read, or that are nested too deep for it, lose the properties
//!   at fault.
//! * Bodies larger than the limit are discarded.
//! * Returned messages are discarded whole; their correlation ids are recorded.
//!
//! [`Findings`] holds what the guard found, for the consumers and publishers of the connection.

mod content;
mod fields;
mod findings;
mod frame;
mod inspector;
mod method;
mod properties;
mod reader;
mod server_properties;
#[cfg(test)]
mod tests;

pub use findings::Findings;
pub(crate) use inspector::Inspector;
pub(crate) use reader::InspectedReader;
