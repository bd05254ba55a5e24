//! The items of a contract that generated code and the runtime use. They are not part of the public API, and
//! may change in any release.

pub use std::{borrow::Cow, sync::Arc, time::Duration};
use std::{
    fmt::{Display, Write as _},
    marker::PhantomData,
};

#[cfg(feature = "schema")]
pub use schemars::{self, JsonSchema, Schema, SchemaGenerator};
pub use serde;

#[cfg(feature = "description")]
pub use crate::description::ServiceDescription;
#[cfg(feature = "schema")]
pub use crate::description::{Describe, SchemaType};
#[cfg(feature = "scope")]
pub use crate::inherited::Inherited;
#[cfg(feature = "secrets")]
pub use crate::secret::{Decrypted, SecretError, SecretScope, SecretValue, Writing, within, without};
#[cfg(feature = "garde")]
use crate::violation::Violation;
pub use crate::{
    Bytes, Context,
    context::ContextParts,
    contract::{
        Event, LockDef, LockKey, MethodDef, NoError, NoReply, Notification, Params, Repetition, Request,
        Response, ServiceDef, WireType,
    },
    described,
    violation::{Violations, cut},
    with_schema, without_runtime as with_runtime,
};

/// Resolves aliases of `Result` with fewer than two arguments, such as `io::Result<T>`.
#[diagnostic::on_unimplemented(
    message = "a return type named `Result` must be `core::result::Result` or an alias of it",
    label = "`{Self}` is neither"
)]
pub trait Fallible {
    /// The `T` of `Result<T, E>`.
    type Value;
    /// The `E` of `Result<T, E>`.
    type Error;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// Finds out at compile time whether a type is a `Result`: the inherent constant shadows that of
/// [`NotResult`].
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T, E> Probe<Result<T, E>> {
    /// The type is a `Result`.
    pub const IS_RESULT: bool = true;
}

/// The constant of [`Probe`] for every other type.
pub trait NotResult {
    /// The type is not a `Result`.
    const IS_RESULT: bool = false;
}

impl<T: ?Sized> NotResult for Probe<T> {}

/// The text of an error, if its type has one: the inherent function shadows that of [`NoErrorText`].
#[derive(Debug)]
pub struct ErrorText<E>(PhantomData<E>);

impl<E: Display> ErrorText<E> {
    /// The text; `None` if `Display` fails, which `to_string` would panic at.
    pub fn error_text(error: &E) -> Option<String> {
        let mut text = String::new();
        write!(text, "{error}").ok()?;
        Some(text)
    }
}

/// The function of [`ErrorText`] for every type without `Display`.
pub trait NoErrorText<E> {
    /// The type has no text.
    fn error_text(_: &E) -> Option<String> {
        None
    }
}

impl<E> NoErrorText<E> for ErrorText<E> {}

/// Checks a value by the rules of garde.
///
/// # Errors
/// The values that break a rule.
#[cfg(feature = "garde")]
pub fn check_by_garde<T: garde::Validate<Context: Default>>(value: &T) -> Result<(), Violations> {
    value.validate().map_err(|report| {
        Violations::of(report.iter(), |(path, error)| Violation::new(path.to_string(), error.message()))
    })
}

/// Fails to compile with an error that names the missing feature.
#[cfg(not(feature = "garde"))]
pub fn check_by_garde<T: CheckedByGarde>(_: &T) -> Result<(), Violations> {
    Ok(())
}

/// Implemented for no type.
#[cfg(not(feature = "garde"))]
#[diagnostic::on_unimplemented(
    message = "`#[garde(..)]` and `validate_result` need the feature `garde` of amqp-rpc",
    label = "this cannot be checked"
)]
pub trait CheckedByGarde {}

/// A parameter or a value that is the whole body, as raw bytes.
#[diagnostic::on_unimplemented(
    message = "a type named `Bytes` travels as raw bytes, and must be `amqp_rpc::Bytes`",
    label = "`{Self}` is another type"
)]
pub trait RawBody: Sized {
    /// The bytes, without a copy.
    fn to_body(&self) -> Bytes;
    /// The value.
    fn from_body(body: Bytes) -> Self;
}

impl RawBody for Bytes {
    fn to_body(&self) -> Bytes {
        self.clone()
    }

    fn from_body(body: Bytes) -> Self {
        body
    }
}

/// The return value of a one-way method: `()`.
#[diagnostic::on_unimplemented(
    message = "a notification or an event has no reply, so its value must be `()`",
    label = "must be `()`, not `{Self}`"
)]
pub trait Nothing {}

impl Nothing for () {}

/// The error of a one-way method, which is logged by the server.
#[diagnostic::on_unimplemented(
    message = "the error of a notification or an event goes to the server's log, and `{Self}` cannot be shown there",
    label = "needs `std::fmt::Display`, and must be `Send + 'static`"
)]
pub trait LoggedError: std::fmt::Display + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: std::fmt::Display + Send + 'static> LoggedError for T {}

/// Leaves out the client and the server of a contract; `amqp-rpc-runtime` has the macro that emits them.
///
/// rustc shows the line with `cfg` to a program that names the client or the server: its comment is a part of
/// that message.
#[doc(hidden)]
#[macro_export]
macro_rules! without_runtime {
    ($visibility:vis [$($name:ident)*] { $($items:tt)* }) => {
        $(
            #[cfg(false)] // clients and servers need the feature `runtime` of amqp-rpc, which is on by default
            $visibility struct $name;
        )*
    };
}

/// Emits the description of a contract.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    ($($items:tt)*) => { $($items)* };
}

/// Fails to compile with an error that names the missing feature.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    ($($items:tt)*) => {
        ::core::compile_error! { "`schema` needs the feature `schema` of amqp-rpc" }
    };
}

/// The function that describes a contract.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! described {
    ($function:ident) => {
        ::core::option::Option::Some($function)
    };
}

/// No function: `with_schema` has said which feature is missing.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! described {
    ($function:ident) => {
        ::core::option::Option::None
    };
}
