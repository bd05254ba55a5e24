//! The guard on inbound frames: what could end lapin's thread or fill the memory never gets to lapin.
//!
//! It stands between the socket and lapin. Frames pass as they came, but for three kinds: content headers that lapin's parser
//! would recurse through or stumble over lose the properties that are to blame; bodies above the limit are left out; returned
//! messages are taken out whole. What was found waits in [`Findings`] for those that receive what was let through.

mod fields;
mod findings;
mod inspector;
mod method;
mod properties;
mod reader;
#[cfg(test)]
mod tests;

pub use findings::Findings;
pub(crate) use inspector::Inspector;
pub(crate) use reader::InspectedReader;
