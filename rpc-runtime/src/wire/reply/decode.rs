//! Decoding a reply into the method's value or error.

use crate::{
    contract::{Request, Response},
    error::{CallError, RemoteError, Undecodable},
    message::{Execution, Reply, ReplyKind},
};

impl Reply {
    /// The value of the method.
    ///
    /// # Errors
    /// The method's own error, or `Decode` when the body is not of the method's types.
    pub(crate) fn decode<R: Request>(
        mut self,
    ) -> Result<<R::Response as Response>::Value, CallError<R::Error>> {
        let execution = Execution::Completed;
        let undecodable =
            |what, source| CallError::Decode(Undecodable { what, execution, source, remote: None });
        if self.kind == ReplyKind::Result {
            match R::Response::from_raw(self.body) {
                Ok(response) => return Ok(response.into_value()),
                Err(body) => self.body = body,
            }
        }
        let codec = match self.codec() {
            Ok(codec) => codec,
            Err(foreign) => return Err(undecodable("reply", foreign.into())),
        };
        match self.kind {
            ReplyKind::Result => match self.scope.run(|| codec.decode::<R::Response>(&self.body)) {
                Ok(response) => match response.validate() {
                    Ok(()) => Ok(response.into_value()),
                    Err(violations) => Err(undecodable("result", violations.into())),
                },
                Err(malformed) => Err(undecodable("result", malformed.source.into())),
            },
            ReplyKind::Error => match self.scope.run(|| codec.decode::<R::Error>(&self.body)) {
                Ok(error) => Err(CallError::Method(error)),
                Err(malformed) => {
                    let value = codec.decode::<serde_json::Value>(&self.body).ok();
                    let remote = Some(Box::new(RemoteError::of_body(self.body, value.as_ref())));
                    let (what, source) = ("method's error", malformed.source.into());
                    Err(CallError::Decode(Undecodable { what, execution, source, remote }))
                }
            },
        }
    }
}
