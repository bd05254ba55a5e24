//! The result of a method, as it travels.

use bytes::Bytes;

use super::WireType;
use crate::message::Violations;

/// The successful result of one method, as it travels: a transparent newtype over the method's value.
pub trait Response: WireType {
    /// What the caller of the method receives.
    type Value: Send + 'static;
    /// Wraps what the method returned.
    fn from_value(value: Self::Value) -> Self;
    /// Unwraps what the caller receives.
    fn into_value(self) -> Self::Value;

    /// The body, where the value travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The value, where it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// Checks the value against the rules of its type, for methods with `#[rpc(validate_result)]`; others have no rules.
    ///
    /// # Errors
    /// Everything that breaks a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}
