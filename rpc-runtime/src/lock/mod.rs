//! The locks of methods in one process: requests of a method with an equal key run one after the other, in the
//! order in which they arrived.

mod held;
mod locks;
mod method_lock;
mod place;
mod places;

pub(crate) use held::held;
pub use locks::Locks;
pub(crate) use method_lock::MethodLock;
pub(crate) use place::{Entered, HeldLock, Place};
