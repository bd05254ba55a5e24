//! The contract that a client and a server share: the traits that generated code implements, and the
//! definitions of services and methods.

mod no_error;
mod one_way;
mod request;
mod response;
mod wire_type;

pub use no_error::NoError;
pub use one_way::{Event, NoReply, Notification};
pub use request::Request;
pub use response::Response;
pub use wire_type::WireType;

pub use crate::definitions::{MethodDef, MethodKind, Repetition, ServiceDef};
