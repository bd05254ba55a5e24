//! Parses inbound frames before lapin does.
//!
//! The parser protects the process's memory and lapin's thread, whose stack is small. Messages do not reach
//! lapin at all:
//!
//! * Deliveries go to their consumers, without the properties that cannot be read, and without a body that is
//!   larger than the limit.
//! * Publisher confirms go to those who wait for them.
//! * Returned messages are discarded; their correlation ids are recorded.
//!
//! All other frames pass to lapin, which keeps the connection. [`Findings`] holds what the broker said of the
//! connection as a whole.

mod content;
mod fields;
mod findings;
mod frame;
mod method;
mod parser;
mod parts;
mod properties;
mod repeated;
mod server_properties;
#[cfg(test)]
mod tests;
mod tune;

pub use findings::Findings;
pub(crate) use parser::Parser;
pub use parts::{Part, Parts};
pub(crate) use properties::decode_properties;
pub(crate) use repeated::Repeated;
