//! The messages, as protobuf.

use kanin::error::{FromError, HandlerError};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EchoRequest {
    #[prost(uint64, tag = "1")]
    pub(crate) n: u64,
    #[prost(string, tag = "2")]
    pub(crate) text: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EchoResponse {
    #[prost(uint64, tag = "1")]
    pub(crate) n: u64,
    #[prost(string, tag = "2")]
    pub(crate) text: String,
    #[prost(string, tag = "3")]
    pub(crate) error: String,
}

impl FromError<HandlerError> for EchoResponse {
    fn from_error(error: HandlerError) -> Self {
        Self { error: error.to_string(), ..Self::default() }
    }
}
