//! A call as the server received it: the body of the request and its context.

use amqp_rpc_contract::{Headers, contract::MethodDef};
use bytes::Bytes;

use super::{CallOrigin, Context, Fault, FaultCode};
use crate::{
    codec::{AnyCodec, Encoding, InflateError},
    secrets::RequestSecrets,
};

/// A call on its way to its method, as the layers of a server see it.
///
/// The body is still encoded. It is decoded right before the method starts.
pub struct IncomingCall {
    pub(crate) context: Context,
    /// The codec of the body, and of the reply.
    pub(crate) codec: AnyCodec,
    /// The compression of the body.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) body: Bytes,
    /// The request names its method as clients of this library do.
    pub(crate) is_ours: bool,
    /// The request came in a dialect.
    pub(crate) in_dialect: bool,
    /// The keys of its secrets, and of those of its reply.
    pub(crate) secrets: RequestSecrets,
    /// Where it came from, as far as its lock is concerned.
    pub(crate) origin: CallOrigin,
}

impl IncomingCall {
    /// The call with its body inflated.
    ///
    /// # Errors
    /// The fault to reply with, when the body is malformed or has more than `limit` bytes once inflated.
    pub(crate) fn inflated(mut self, encoding: Encoding, limit: usize) -> Result<Self, Fault> {
        self.encoding = None;
        self.body = encoding.inflate(&self.body, limit).map_err(|error| {
            let code = match error {
                InflateError::Malformed => FaultCode::BadRequest,
                InflateError::TooLarge(_) => FaultCode::RequestTooLarge,
            };
            Fault::new(code, error.to_string())
        })?;
        Ok(self)
    }

    /// The context of the call: its method, its caller, its time.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The method that was called.
    #[must_use]
    pub fn method(&self) -> &'static MethodDef {
        self.context.method()
    }

    /// The headers of the request. Changes are visible to the layers and the method that follow.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.context.parts_mut().headers
    }

    /// A copy of the call, for the next attempt to run it.
    pub(crate) fn again(&self) -> Self {
        let Self { context, codec, encoding, body, is_ours, in_dialect, secrets, origin } = self;
        Self {
            context: context.clone(),
            codec: codec.clone(),
            encoding: *encoding,
            body: body.clone(),
            is_ours: *is_ours,
            in_dialect: *in_dialect,
            secrets: secrets.clone(),
            origin: *origin,
        }
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
