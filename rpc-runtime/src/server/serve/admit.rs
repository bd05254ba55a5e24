//! Decides whether a request reaches a method. Nothing of its body is decoded here.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::Refusal;

use crate::{
    contract::MethodDef,
    message::{Fault, FaultCode, IncomingCall},
    server::{
        begun::{BegunOnLink, MessageOrigin, RunsOnce},
        config::AdmissionRules,
        services::{Route, Routes},
    },
    wire::request::ReceivedRequest,
};

/// A request that reaches its method.
pub(super) struct Admitted<'a> {
    pub(super) route: &'a Route,
    pub(super) call: IncomingCall,
    /// Whether the request would be refused if it came again.
    pub(super) runs_once: bool,
    /// Set where this server has to know it again.
    pub(super) once: Option<Box<RunsOnce>>,
}

/// The delivery of a request.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub(super) received_at: Instant,
    pub(super) origin: MessageOrigin<'a>,
    /// `None` where the broker's mark of a redelivery can be relied on.
    pub(super) begun: Option<&'a Arc<BegunOnLink>>,
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
    delivery: Delivery<'_>,
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
    let route = routes.find(request.exchange(), &request.routing_key, request.kind.as_deref())?;
    let runs_once = rules.redelivered.refuses(route.method.repetition);
    let refused = |fault| RefusedRequest { fault, method: Some(route.method) };
    let call = admit_to(route.method, rules, request, delivery.received_at).map_err(refused)?;
    let once = if runs_once { check_first_delivery(&call, delivery).map_err(refused)? } else { None };
    Ok(Admitted { route, call, runs_once, once })
}

fn admit_to(
    method: &'static MethodDef,
    rules: &AdmissionRules,
    request: ReceivedRequest,
    received_at: Instant,
) -> Result<IncomingCall, Fault> {
    if request.is_reply() && request.kind.as_deref() != Some(method.full_name) {
        return Err(Fault::new(FaultCode::BadRequest, "the message is a reply, not a request"));
    }
    let call = request.into_call(method, received_at)?;
    let context = &call.context;
    // First of all: callers that are not authorized are not told about earlier deliveries.
    if rules.authorization.as_ref().is_some_and(|authorization| !authorization.allows(context)) {
        return Err(Fault::new(FaultCode::Unauthorized, "the caller may not call this method"));
    }
    Ok(call)
}

/// Refuses a request that may have run before, as the broker says or this server knows.
fn check_first_delivery(call: &IncomingCall, delivery: Delivery<'_>) -> Result<Option<Box<RunsOnce>>, Fault> {
    let once = delivery.begun.and_then(|begun| begun.runs_once(call, delivery.origin));
    let was_begun = once.as_ref().is_some_and(|once| once.was_begun());
    if !was_begun && !call.context.redelivered() {
        return Ok(once);
    }
    // The broker may lose the acknowledgement of the refusal, and the mark, as well.
    if let Some(once) = once {
        once.begin();
    }
    Err(Fault::new(
        FaultCode::MaybeExecuted,
        "the request was delivered before; the method runs at most once and may have run then",
    ))
}

fn too_large(size: u64, rules: &AdmissionRules) -> Fault {
    let limit = rules.max_request_bytes;
    Fault::new(
        FaultCode::RequestTooLarge,
        format!("the request has {size} bytes, the server's limit is {limit}"),
    )
}
