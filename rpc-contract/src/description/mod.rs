//! A service as a value that can be written down: what documents, pages and command lines are made from.
//!
//! The descriptions are plain data. They are written as JSON without members that say nothing, and members that
//! this version does not know are ignored when they are read, so that tools and services of different versions
//! understand each other. A program that reads one from outside limits its length first.

mod deprecation;
#[cfg(feature = "schema")]
mod describe;
#[cfg(feature = "schema")]
mod docs;
mod lock;
mod method;
mod repetition;
mod service;
#[cfg(all(test, feature = "schema"))]
mod tests;
#[cfg(feature = "schema")]
mod titles;

pub use deprecation::Deprecation;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use describe::{Describe, DescribeMethod, SchemaType};
pub use lock::{LockDescription, LockScope};
pub use method::{MethodDescription, MethodKind};
pub use repetition::Repetition;
pub use service::ServiceDescription;

/// `false` is not written.
fn is_false(flag: &bool) -> bool {
    !flag
}
