//! What a request must be before a method sees it. Nothing of its body is decoded here.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use amqp_rpc_transport::Refusal;

use crate::{
    codec::{AnyCodec, Compression},
    contract::MethodDef,
    message::{Context, Fault, FaultCode, IncomingCall},
    server::{
        config::{RedeliveryPolicy, ReplyPolicy},
        services::{Route, Routes},
    },
    wire::request::Received,
};

/// What a server asks of every request.
#[derive(Clone, Debug)]
pub(crate) struct AdmissionRules {
    pub(crate) max_request_bytes: usize,
    /// Those of users.
    pub(crate) codecs: Vec<AnyCodec>,
    /// Of replies, where their callers read it.
    pub(crate) compression: Option<Compression>,
    pub(crate) reply_policy: ReplyPolicy,
    pub(crate) redelivered: RedeliveryPolicy,
    pub(crate) authorization: Option<Authorization>,
}

/// A request that no method sees.
#[derive(Debug)]
pub(crate) struct RefusedRequest {
    pub(crate) fault: Fault,
    /// Where it is known.
    pub(crate) method: Option<&'static MethodDef>,
}

impl From<Fault> for RefusedRequest {
    fn from(fault: Fault) -> Self {
        Self { fault, method: None }
    }
}

/// The user's own say in who may call what.
#[derive(Clone)]
pub(crate) struct Authorization(pub(crate) Arc<dyn Fn(&Context) -> bool + Send + Sync>);

impl AdmissionRules {
    /// Finds the method and checks everything that can be told from outside.
    ///
    /// # Errors
    /// The fault to answer with; the method did not run.
    pub(crate) fn admit<'a>(
        &self,
        request: Received,
        routes: &'a Routes,
        received_at: Instant,
    ) -> Result<(&'a Route, IncomingCall), RefusedRequest> {
        match request.refusal {
            None => {}
            Some(Refusal::TooLarge { size, .. }) => return Err(self.too_large(size).into()),
            Some(hostile) => return Err(Fault::new(FaultCode::BadRequest, hostile.to_string()).into()),
        }
        let size = request.body.len();
        if size > self.max_request_bytes {
            return Err(self.too_large(size as u64).into());
        }
        let route = routes.find(&request.routing_key, request.kind.as_deref())?;
        let admitted = self.admit_to(route, request, received_at);
        admitted.map_err(|fault| RefusedRequest { fault, method: Some(route.method) })
    }

    fn admit_to<'a>(
        &self,
        route: &'a Route,
        request: Received,
        received_at: Instant,
    ) -> Result<(&'a Route, IncomingCall), Fault> {
        let call = request.into_call(route.method, received_at)?;
        let context = &call.context;
        // Before anything is said of earlier deliveries: that is for callers only.
        if self.authorization.as_ref().is_some_and(|authorization| !authorization.allows(context)) {
            return Err(Fault::new(FaultCode::Unauthorized, "the caller may not call this method"));
        }
        if context.redelivered && self.redelivered.refuses(route.method.repetition) {
            return Err(Fault::new(
                FaultCode::MaybeExecuted,
                "the request was delivered before; the method runs at most once and may have run then",
            ));
        }
        Ok((route, call))
    }

    fn too_large(&self, size: u64) -> Fault {
        let limit = self.max_request_bytes;
        Fault::new(
            FaultCode::RequestTooLarge,
            format!("the request has {size} bytes, the server's limit is {limit}"),
        )
    }
}

impl Authorization {
    fn allows(&self, context: &Context) -> bool {
        let request = std::panic::catch_unwind(AssertUnwindSafe(|| (self.0)(context)));
        request.unwrap_or_else(|_| {
            // It runs where all requests of the queue pass: none of them may end that.
            tracing::error!(
                method = context.method.full_name,
                "the authorization panicked; the call is refused"
            );
            false
        })
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}
