//! Services and methods as their traits declare them. Plain data that imports nothing of this crate.

mod lock;
mod method;
mod method_kind;
mod params;
mod repetition;
mod service;

pub use lock::{LockDef, LockScope};
pub use method::MethodDef;
pub use method_kind::MethodKind;
pub use params::Params;
pub use repetition::Repetition;
pub use service::ServiceDef;
