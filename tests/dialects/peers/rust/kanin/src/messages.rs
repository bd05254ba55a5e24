//! The messages, as protobuf.

use kanin::error::{FromError, HandlerError};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ComputeRequest {
    #[prost(uint64, tag = "1")]
    pub(crate) n: u64,
}

/// Errors are members of the message: the wire has no other place for them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ComputeReply {
    #[prost(oneof = "Outcome", tags = "1, 2")]
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Outcome {
    #[prost(uint64, tag = "1")]
    Value(u64),
    #[prost(string, tag = "2")]
    Error(String),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Note {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

impl From<Outcome> for ComputeReply {
    fn from(outcome: Outcome) -> Self {
        Self { outcome: Some(outcome) }
    }
}

/// The reply to a request that cannot be decoded.
impl FromError<HandlerError> for ComputeReply {
    fn from_error(error: HandlerError) -> Self {
        Outcome::Error(error.to_string()).into()
    }
}
