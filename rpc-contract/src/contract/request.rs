//! The request of a method.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Response, WireType};
use crate::{definitions::MethodDef, violation::Violations};

/// The request of one method: the struct that travels, with the method's definition and its other types.
pub trait Request: WireType {
    /// The definition of the method: names, address, timeout, repetition.
    const METHOD: &'static MethodDef;
    /// The result of a successful call, as it travels.
    type Response: Response;
    /// The method's own error. [`NoError`](super::NoError) for a method that does not return a `Result`.
    type Error: WireType;

    /// The body, if the request travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The request, if it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// The text of the value that its method is locked by; `None` for a method without a lock.
    #[doc(hidden)]
    fn lock_key(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// What the method's own error says of itself, for callers that expect a text: its `Display`. `None` where
    /// its type has none, or where it fails.
    ///
    /// The text is the user's. A [`Secret`](crate::Secret) has no `Display`, but an implementation that writes
    /// what is in one shows it.
    #[doc(hidden)]
    fn error_text(_error: &Self::Error) -> Option<String> {
        None
    }

    /// Checks the values against the rules of the contract. Without rules, all values are valid.
    ///
    /// # Errors
    /// The values that break a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}
