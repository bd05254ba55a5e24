//! The contract that a client and a server share: the traits that generated code implements, and the
//! definitions of services and methods.

mod lock_key;
mod no_error;
mod one_way;
mod request;
mod response;
mod wire_type;

pub use lock_key::LockKey;
pub use no_error::NoError;
pub use one_way::{Event, NoReply, Notification};
pub use request::Request;
pub use response::Response;
pub use wire_type::WireType;

pub use crate::definitions::{LockDef, LockScope, MethodDef, MethodKind, Params, Repetition, ServiceDef};
