//! Decides whether a request reaches a method. Nothing of its body is decoded here.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::time::Instant;

use amqp_rpc_transport::Refusal;

use crate::{
    contract::MethodDef,
    message::{Fault, FaultCode, IncomingCall},
    server::{
        config::AdmissionRules,
        services::{Route, Routes},
    },
    wire::request::ReceivedRequest,
};

/// A request that reaches its method.
pub(super) struct Admitted<'a> {
    pub(super) route: &'a Route,
    pub(super) call: IncomingCall,
}

/// A request that does not reach a method.
#[derive(Debug)]
pub(super) struct RefusedRequest {
    pub(super) fault: Fault,
    /// The method that it is for, where one was found.
    pub(super) method: Option<&'static MethodDef>,
}

impl From<Fault> for RefusedRequest {
    fn from(fault: Fault) -> Self {
        Self { fault, method: None }
    }
}

/// Finds the method, and checks everything that can be checked without decoding the body.
///
/// # Errors
/// The fault to reply with. The method did not run.
pub(super) fn admit<'a>(
    rules: &AdmissionRules,
    request: ReceivedRequest,
    routes: &'a Routes,
    received_at: Instant,
) -> Result<Admitted<'a>, RefusedRequest> {
    match request.refusal {
        None => {}
        Some(Refusal::TooLarge { size, .. }) => return Err(too_large(size, rules).into()),
        Some(malformed) => return Err(Fault::new(FaultCode::BadRequest, malformed.to_string()).into()),
    }
    let size = request.body.len();
    if size > rules.max_request_bytes {
        return Err(too_large(size as u64, rules).into());
    }
    let route = routes.find(&request.routing_key, request.kind.as_deref())?;
    let call = admit_to(route.method, rules, request, received_at);
    let call = call.map_err(|fault| RefusedRequest { fault, method: Some(route.method) })?;
    Ok(Admitted { route, call })
}

fn admit_to(
    method: &'static MethodDef,
    rules: &AdmissionRules,
    request: ReceivedRequest,
    received_at: Instant,
) -> Result<IncomingCall, Fault> {
    let call = request.into_call(method, received_at)?;
    let context = &call.context;
    // First of all: callers that are not authorized are not told about earlier deliveries.
    if rules.authorization.as_ref().is_some_and(|authorization| !authorization.allows(context)) {
        return Err(Fault::new(FaultCode::Unauthorized, "the caller may not call this method"));
    }
    if context.redelivered && rules.redelivered.refuses(method.repetition) {
        return Err(Fault::new(
            FaultCode::MaybeExecuted,
            "the request was delivered before; the method runs at most once and may have run then",
        ));
    }
    Ok(call)
}

fn too_large(size: u64, rules: &AdmissionRules) -> Fault {
    let limit = rules.max_request_bytes;
    Fault::new(
        FaultCode::RequestTooLarge,
        format!("the request has {size} bytes, the server's limit is {limit}"),
    )
}
