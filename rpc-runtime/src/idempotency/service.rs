//! The innermost service of a server with deduplicated methods, inside all its layers.

use std::{future::Future, sync::Arc};

use futures_util::future::Either;

use super::{
    IdempotencyOptions, fingerprint,
    lease::HeldLease,
    store_access::StoreAccess,
    stored_reply,
    stores::{Attempt, IdempotencyKey},
};
use crate::{
    contract::Repetition,
    layer::{BoxService, RpcService, isolated},
    message::{Fault, FaultCode, IncomingCall, Reply},
    wire::namespace::Namespace,
};

/// A service some of whose methods are deduplicated.
pub(super) struct Deduplicated {
    pub(super) service: BoxService,
    pub(super) access: Arc<StoreAccess>,
    pub(super) namespace: Namespace,
    pub(super) exposes_panics: bool,
}

impl RpcService for Deduplicated {
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        if call.method().repetition == Repetition::Deduplicated {
            // Boxed: the calls of other methods need not be as large.
            Either::Left(Box::pin(self.serve(call)))
        } else {
            Either::Right(self.service.call(call))
        }
    }
}

impl Deduplicated {
    /// Runs the method, or answers with the reply that is stored.
    async fn serve(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let attempt = self.attempt(&call)?;
        if let Some(stored) = self.access.begin(&attempt, &call.context).await? {
            self.access.stats.repeats_answered.add_one();
            return stored_reply::read(&stored).unwrap_or_else(|| Err(unreadable()));
        }
        let lease = HeldLease::new(Arc::clone(&self.access), attempt);
        lease.run(isolated(&self.service, call, self.exposes_panics)).await
    }

    /// # Errors
    /// When the request has no key, or the seal of another one.
    fn attempt(&self, call: &IncomingCall) -> Result<Attempt, Fault> {
        let method = call.method();
        let Some(key) = call.context.idempotency_key() else {
            let message = format!("`{}` needs an idempotency key, as `message_id`", method.full_name);
            return Err(Fault::new(FaultCode::BadRequest, message));
        };
        // Not the exchange that it came through: a dead letter is sent again through another one.
        let key = IdempotencyKey::new(&self.namespace.exchange(method.exchange), method.full_name, key);
        let IdempotencyOptions { lease, ttl, .. } = self.access.options;
        Ok(Attempt::new(key, fingerprint::of(call)?, lease, ttl))
    }
}

fn unreadable() -> Fault {
    let message = "the method ran; its stored reply was written by another version of the server";
    Fault::new(FaultCode::MaybeExecuted, message)
}
