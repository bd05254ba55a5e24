//! Services and methods as their traits declare them. Plain data that imports nothing of this crate.

mod method;
mod method_kind;
mod repetition;
mod service;

pub use method::MethodDef;
pub use method_kind::MethodKind;
pub use repetition::Repetition;
pub use service::ServiceDef;
