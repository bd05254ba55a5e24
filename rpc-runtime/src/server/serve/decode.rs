//! Decodes requests: for the method, and before that for the key of its lock.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{
    codec::AnyCodec,
    contract::{LockedMethod, Request},
    message::{Context, Fault, FaultCode, IncomingCall},
    secrets::RequestSecrets,
};

/// A method that is locked by a value in its requests.
#[must_use]
pub fn locked<R: Request>() -> LockedMethod {
    LockedMethod { method: R::METHOD, read_key: Some(key::<R>) }
}

/// A method of which no two requests run at the same time.
#[must_use]
pub fn locked_whole<R: Request>() -> LockedMethod {
    LockedMethod { method: R::METHOD, read_key: None }
}

fn key<R: Request>(call: &IncomingCall) -> Result<String, Fault> {
    let IncomingCall { context, codec, body, is_ours, secrets, .. } = call;
    let request: R = read(body.clone(), Encoded { context, codec, is_ours: *is_ours, secrets })?;
    let key = request.lock_key().map(Cow::into_owned);
    key.ok_or_else(|| Fault::new(FaultCode::Internal, "the method has a lock, and its request has no key"))
}

/// How the body of a request is encoded.
pub(super) struct Encoded<'a> {
    pub(super) context: &'a Context,
    pub(super) codec: &'a AnyCodec,
    pub(super) is_ours: bool,
    pub(super) secrets: &'a RequestSecrets,
}

/// Decodes a request.
pub(super) fn read<R: Request>(body: Bytes, encoded: Encoded<'_>) -> Result<R, Fault> {
    let Encoded { context, codec, is_ours, secrets } = encoded;
    let method = R::METHOD.full_name;
    let body = match R::from_raw(body) {
        Ok(request) => return Ok(request),
        Err(body) => body,
    };
    let scope = secrets.of_request(method);
    let decoded = scope.run(|| decode::<R>(codec, &body));
    let request = decoded.map_err(|fault| if is_ours { hinted(fault) } else { fault })?;
    let checked = secrets.check::<R>(method, &scope, context.correlation_id(), (codec, &body));
    checked.map_err(|why| Fault::new(FaultCode::BadRequest, why))?;
    Ok(request)
}

/// Adds what a caller with a contract of this library may have overlooked, where the text of the error is one that
/// values have that do not travel.
fn hinted(fault: Fault) -> Fault {
    const SUSPECTS: [&str; 4] =
        ["is not supported", "did not match any variant", "invalid type: string", "invalid type: null"];
    if !SUSPECTS.iter().any(|suspect| fault.message().contains(suspect)) {
        return fault;
    }
    let hint = "has the caller another version of the contract, or is it a value that does not travel (docs/values.md)?";
    let hinted = Fault::new(fault.code().clone(), format!("{}; {hint}", fault.message()));
    match fault.field() {
        Some(field) => hinted.with_field(field),
        None => hinted,
    }
}

pub(crate) fn decode<T: DeserializeOwned>(codec: &AnyCodec, body: &[u8]) -> Result<T, Fault> {
    codec.decode(body).map_err(|malformed| {
        let fault = Fault::new(FaultCode::BadRequest, malformed.source.to_string());
        match malformed.field {
            Some(field) => fault.with_field(field),
            None => fault,
        }
    })
}
