//! What cannot be written, or read: of requests and of replies.

use std::fmt;

use super::RemoteError;
use crate::message::Execution;

/// The encoded request is larger than this client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    pub(crate) size: usize,
    pub(crate) limit: usize,
}

impl TooLarge {
    /// Size of the encoded request in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The client's limit in bytes.
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

/// The reply is not what the method's types say.
#[derive(Debug)]
pub struct Undecodable {
    pub(crate) what: &'static str,
    /// Completed when the reply called itself a result or an error, whatever is in it.
    pub(crate) execution: Execution,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
    pub(crate) remote: Option<Box<RemoteError>>,
}

impl Undecodable {
    /// The error that the server sent, when it is not the method's own error type: with its code and its message, where they are found.
    /// [`CallOptions::map_errors`](crate::CallOptions::map_errors) makes errors of the method's own of such ones.
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
