//! A call as the server received it: the request's body and the context that came with it.

use amqp_rpc_transport::Headers;
use bytes::Bytes;

use super::{Context, Fault, FaultCode};
use crate::{
    codec::{AnyCodec, Encoding, Uninflatable},
    definitions::MethodDef,
};

/// A call on its way to its method, as middleware sees it.
///
/// The body is still encoded; it is decoded right before the method starts.
pub struct IncomingCall {
    pub(crate) context: Context,
    /// What the body is written in, and its reply.
    pub(crate) codec: AnyCodec,
    /// How the body is compressed.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) body: Bytes,
}

impl IncomingCall {
    /// The same, not compressed.
    ///
    /// # Errors
    /// The fault to answer with, when the body is malformed or would have more than `limit` bytes.
    pub(crate) fn inflated(mut self, encoding: Encoding, limit: usize) -> Result<Self, Fault> {
        self.encoding = None;
        self.body = encoding.inflate(&self.body, limit).map_err(|error| {
            let code = match error {
                Uninflatable::Malformed => FaultCode::BadRequest,
                Uninflatable::TooLarge(_) => FaultCode::RequestTooLarge,
            };
            Fault::new(code, error.to_string())
        })?;
        Ok(self)
    }

    /// Who calls what, and how much time is left.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The method that was called.
    #[must_use]
    pub fn method(&self) -> &'static MethodDef {
        self.context.method
    }

    /// The headers that came with the request, to add to or to take from before the method sees them.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.context.headers
    }

    /// The same once more.
    pub(crate) fn again(&self) -> Self {
        let Self { context, codec, encoding, body } = self;
        Self { context: context.clone(), codec: codec.clone(), encoding: *encoding, body: body.clone() }
    }

    /// The encoded request.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

// The body may hold secrets: only its size is shown.
impl std::fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingCall")
            .field("context", &self.context)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
