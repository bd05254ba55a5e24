//! Parses the macro's own attributes. Each file holds the keys of one attribute; a new key is one line in its
//! table.
//!
//! Only the form of a value is checked here, such as "a string"; its content is checked by `validate`.

mod duration;
mod json;
mod keys;
mod method;
mod parameter;
mod service;

pub(crate) use self::{keys::Json, method::MethodKeys, parameter::ParameterKeys, service::ServiceKeys};
