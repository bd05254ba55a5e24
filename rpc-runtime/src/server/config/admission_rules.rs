//! The rules that decide which requests reach a method.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use super::{redelivery_policy::RedeliveryPolicy, reply_policy::ReplyPolicy};
use crate::message::Context;

/// The rules that every request must satisfy before it reaches a method.
#[derive(Clone, Debug)]
pub(crate) struct AdmissionRules {
    pub(crate) max_request_bytes: usize,
    pub(crate) reply_policy: ReplyPolicy,
    pub(crate) redelivered: RedeliveryPolicy,
    pub(crate) authorization: Option<Authorization>,
}

/// The user's function that decides who may call what.
#[derive(Clone)]
pub(crate) struct Authorization(pub(crate) Arc<dyn Fn(&Context) -> bool + Send + Sync>);

impl Authorization {
    /// Asks the user's function. A call for which it panics is refused.
    pub(crate) fn allows(&self, context: &Context) -> bool {
        let allowed = std::panic::catch_unwind(AssertUnwindSafe(|| (self.0)(context)));
        allowed.unwrap_or_else(|_| {
            // It runs in the worker, which all requests of the queue pass: a panic must not end the worker.
            tracing::error!(
                method = context.method().full_name,
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
