//! What generated code makes of a trait on the wire.
#![allow(missing_docs, reason = "contracts of tests")]

mod error_text;
mod messages;
mod params;
