//! The errors of encoding requests and decoding replies.

use std::fmt;

use super::RemoteError;
use crate::message::Execution;

/// The encoded request is larger than the client's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    pub(crate) size: usize,
    pub(crate) limit: usize,
}

impl TooLarge {
    /// The size of the encoded request, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The client's limit, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request has {} bytes, the limit is {}", self.size, self.limit)
    }
}

/// The request could not be encoded.
#[derive(Debug)]
pub struct Unencodable(pub(crate) Box<dyn std::error::Error + Send + Sync>);

impl Unencodable {
    pub(super) fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request cannot be encoded")
    }
}

/// The reply could not be decoded as the method's types.
#[derive(Debug)]
pub struct Undecodable {
    /// The part that could not be decoded, such as `result`.
    pub(crate) what: &'static str,
    /// `Completed` if the reply is of type result or error, whatever its body is.
    pub(crate) execution: Execution,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
    pub(crate) remote: Option<Box<RemoteError>>,
}

impl Undecodable {
    /// The error that the server sent, if it is not of the method's error type.
    ///
    /// [`CallOptions::map_errors`](crate::CallOptions::map_errors) converts such errors into the method's own
    /// error.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteError> {
        self.remote.as_deref()
    }

    pub(super) fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} cannot be read", self.what)?;
        match self.remote.as_ref().and_then(|remote| remote.code()) {
            Some(code) => write!(f, " (code `{code}`)"),
            None => Ok(()),
        }
    }
}
