//! The codes of faults, and the execution that each implies.

use std::fmt;

use super::Execution;

macro_rules! fault_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $execution:ident, passing: $passing:literal;)+) => {
        /// The code of a fault.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FaultCode {
            $($(#[doc = $doc])+ $variant,)+
            /// A code that this version does not know. Its execution is unknown.
            Other(String),
        }

        impl FaultCode {
            /// All codes that this version knows, in the order of docs/wire-protocol.md.
            pub const KNOWN: &'static [FaultCode] = &[$(FaultCode::$variant),+];

            /// The code on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(code) => code,
                }
            }

            /// The execution that the code implies.
            #[must_use]
            pub fn execution(&self) -> Execution {
                match self {
                    $(Self::$variant => Execution::$execution,)+
                    Self::Other(_) => Execution::Unknown,
                }
            }

            /// Returns whether the cause is temporary, so that a later call may succeed.
            #[must_use]
            pub fn is_passing(&self) -> bool {
                match self {
                    $(Self::$variant => $passing,)+
                    Self::Other(_) => false,
                }
            }
        }

        impl From<&str> for FaultCode {
            fn from(code: &str) -> Self {
                match code {
                    $($name => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

fault_codes! {
    /// The request could not be read as the method's parameters, or breaks a rule of the contract
    /// ([`Fault::violations`](super::Fault::violations)).
    BadRequest = "bad_request", Never, passing: false;
    /// The service has no such method. Passing: during a rolling deployment an old server may receive a new
    /// call.
    UnknownMethod = "unknown_method", Never, passing: true;
    /// The server does not read the request's content type or encoding.
    UnsupportedMediaType = "unsupported_media_type", Never, passing: false;
    /// The request is larger than the server accepts.
    RequestTooLarge = "request_too_large", Never, passing: false;
    /// The caller's timeout was over before the method started.
    Expired = "expired", Never, passing: true;
    /// The server had too many calls.
    Overloaded = "overloaded", Never, passing: true;
    /// The caller may not call this method.
    Unauthorized = "unauthorized", Never, passing: false;
    /// The server was stopping and did not start the method.
    ShuttingDown = "shutting_down", Never, passing: true;
    /// The method was cancelled while it ran.
    DeadlineExceeded = "deadline_exceeded", Unknown, passing: true;
    /// The method panicked.
    Panicked = "panicked", Unknown, passing: true;
    /// The request was delivered before and may have run then. It is not run again: its method is
    /// `at_most_once`, or the server refuses it this time.
    MaybeExecuted = "maybe_executed", Unknown, passing: true;
    /// The method is deduplicated, and another request with the same idempotency key is running. The server has
    /// waited for it as long as it waits. Repeat the call later, with the same key.
    InProgress = "in_progress", Unknown, passing: true;
    /// The server failed outside the method.
    Internal = "internal", Unknown, passing: true;
    /// The method ran, but its result is larger than the server sends.
    ReplyTooLarge = "reply_too_large", Completed, passing: false;
    /// The method ran, but its result could not be encoded.
    UnencodableReply = "unencodable_reply", Completed, passing: false;
    /// The method ran, but its result breaks a rule of the contract
    /// ([`Fault::violations`](super::Fault::violations)).
    InvalidResult = "invalid_result", Completed, passing: false;
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
