//! The grammar of our attributes. Each file holds the keys of one place; a new key is a change in one of them.
//!
//! Only the form of a value is checked here, such as "a string"; what it may say is up to `validate`.

mod keys;
mod method;
mod parameter;
mod service;

pub(crate) use self::{method::MethodKeys, parameter::ParameterKeys, service::ServiceKeys};
