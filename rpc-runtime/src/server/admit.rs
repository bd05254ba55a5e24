//! What a request must be before a method sees it. Nothing of its body is decoded here.

use std::time::Instant;

use super::routes::{Route, Routes};
use crate::{
    contract::Repetition,
    message::{Fault, FaultCode, IncomingCall, Refusal},
    wire::request::Received,
};

/// Finds the method and checks everything that can be told from outside.
///
/// # Errors
/// The fault to answer with; the method did not run.
pub(super) fn admit(
    request: Received,
    routes: &Routes,
    max_request_bytes: usize,
    received_at: Instant,
) -> Result<(&Route, IncomingCall), Fault> {
    match request.refusal {
        None => {}
        Some(Refusal::TooLarge { size, .. }) => return Err(too_large(size, max_request_bytes)),
        Some(hostile) => return Err(Fault::new(FaultCode::BadRequest, hostile.to_string())),
    }
    let size = request.body.len();
    if size > max_request_bytes {
        return Err(too_large(size as u64, max_request_bytes));
    }
    let route = routes.find(&request.routing_key, request.kind.as_deref())?;
    request.check_media_type()?;
    if request.redelivered() && route.method.repetition == Repetition::AtMostOnce {
        return Err(Fault::new(
            FaultCode::MaybeExecuted,
            "the request was delivered before; the method runs at most once and may have run then",
        ));
    }
    let (context, body) = request.into_context(route.method, received_at)?;
    Ok((route, IncomingCall { context, body }))
}

fn too_large(size: u64, limit: usize) -> Fault {
    Fault::new(
        FaultCode::RequestTooLarge,
        format!("the request has {size} bytes, the server's limit is {limit}"),
    )
}
