//! The result of a method, as it travels.

use bytes::Bytes;

use super::WireType;
use crate::violation::Violations;

/// The result of one method, as it travels: a transparent newtype of the method's value.
pub trait Response: WireType {
    /// The value that the caller receives.
    type Value: Send + 'static;
    /// Wraps the value that the method returned.
    fn from_value(value: Self::Value) -> Self;
    /// Unwraps the value that the caller receives.
    fn into_value(self) -> Self::Value;

    /// The body, if the value travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The value, if it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// Checks the value against the rules of its type. Only methods with `#[rpc(validate_result)]` have
    /// rules.
    ///
    /// # Errors
    /// The values that break a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}
