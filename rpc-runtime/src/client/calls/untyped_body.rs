//! The bodies of untyped calls: JSON values, or bytes as they are.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    codec::AnyCodec,
    error::{CallError, Undecodable, UntypedError},
    message::{Execution, Reply, ReplyKind},
};

/// The body of an untyped call, and of its reply: [`Value`] or [`Bytes`].
pub trait UntypedBody: sealed::Body {}

impl UntypedBody for Value {}
impl UntypedBody for Bytes {}

pub(super) type CodecError = Box<dyn std::error::Error + Send + Sync>;

mod sealed {
    use super::{AnyCodec, Bytes, CodecError, Reply};

    pub trait Body: Sized + Send + Unpin + 'static {
        const CONTENT_TYPE: &'static str;
        /// It is encoded by the codec of the call, and can be read by it.
        const HAS_CODEC: bool;

        fn encode(&self, codec: &AnyCodec) -> Result<Bytes, CodecError>;
        fn decode(reply: Reply) -> Result<Self, CodecError>;
    }
}

impl sealed::Body for Value {
    const CONTENT_TYPE: &'static str = "application/json";
    const HAS_CODEC: bool = true;

    fn encode(&self, codec: &AnyCodec) -> Result<Bytes, CodecError> {
        codec.encode(self)
    }

    fn decode(reply: Reply) -> Result<Self, CodecError> {
        reply.codec()?.decode(&reply.body).map_err(|malformed| malformed.source.into())
    }
}

impl sealed::Body for Bytes {
    /// Of bytes that are given no other content type.
    const CONTENT_TYPE: &'static str = "application/octet-stream";
    const HAS_CODEC: bool = false;

    fn encode(&self, _: &AnyCodec) -> Result<Bytes, CodecError> {
        Ok(self.clone())
    }

    fn decode(reply: Reply) -> Result<Self, CodecError> {
        Ok(reply.body)
    }
}

/// The value that a method returned, or its own error.
pub(super) fn read<B: UntypedBody>(reply: Reply) -> Result<B, CallError<UntypedError<B>>> {
    let undecodable = |what| {
        move |source| {
            CallError::Decode(Undecodable { what, execution: Execution::Completed, source, remote: None })
        }
    };
    match reply.kind {
        ReplyKind::Result => B::decode(reply).map_err(undecodable("result")),
        ReplyKind::Error => {
            Err(CallError::Method(UntypedError(B::decode(reply).map_err(undecodable("error"))?)))
        }
    }
}
