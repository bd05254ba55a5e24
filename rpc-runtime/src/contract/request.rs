//! The request of a method.

use bytes::Bytes;

use super::{Response, WireType};
use crate::{definitions::MethodDef, message::Violations};

/// The request of one method: the struct that travels, and the name of everything that belongs to the method.
pub trait Request: WireType {
    /// Names, address and promises of the method.
    const METHOD: &'static MethodDef;
    /// What a successful call travels back as.
    type Response: Response;
    /// The method's own error; [`NoError`] for a method that does not return a `Result`.
    type Error: WireType;

    /// The body, where the request travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The request, where it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// Checks the values against the rules of the contract; without rules they are all valid.
    ///
    /// # Errors
    /// Everything that breaks a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}
