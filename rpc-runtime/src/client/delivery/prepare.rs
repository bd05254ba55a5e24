//! Builds the message of a request, and the policy of its delivery, from the options of all levels.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use uuid::Uuid;

use super::{
    message::{OutgoingMessage, UntypedMethod},
    policy::CallPolicy,
};
use crate::{
    client::{options::CallOptions, settings::Settings},
    codec::AnyCodec,
    contract::{MethodDef, MethodKind},
    error::{Awaited, TooLarge},
    message::Inherited,
};

/// A request that is encoded and addressed; the settings of its client do not apply yet.
pub(crate) struct EncodedRequest {
    pub(crate) method: &'static MethodDef,
    pub(crate) exchange: Cow<'static, str>,
    pub(crate) routing_key: Cow<'static, str>,
    /// Takes the place of the method's names in an untyped call.
    pub(crate) untyped: Option<Box<UntypedMethod>>,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) body: Bytes,
    /// The codec that the body was written in.
    pub(crate) codec: AnyCodec,
    pub(crate) idempotent: bool,
    /// Captured where the call was made.
    pub(crate) inherited: Inherited,
    /// The options of the call, with those of its typed client.
    pub(crate) options: CallOptions,
}

/// A message that is ready to be delivered.
pub(crate) struct PreparedMessage {
    pub(crate) message: OutgoingMessage,
    pub(crate) policy: CallPolicy,
}

/// Applies the settings of the client to a request. `client_timeout`: of this clone of the client.
///
/// # Errors
/// When the body is larger than this client sends.
// Called from generic code, which is compiled in the crates of users.
#[inline]
pub(crate) fn prepare(
    settings: &Settings,
    client_timeout: Option<Duration>,
    request: EncodedRequest,
) -> Result<PreparedMessage, TooLarge> {
    let EncodedRequest { method, body, mut options, .. } = request;
    let (size, limit) = (body.len(), settings.max_request_bytes);
    if size > limit {
        return Err(TooLarge { size, limit });
    }
    let is_call = method.kind == MethodKind::Call;
    let is_detached = options.detached || settings.detached;
    let inherited = if is_detached { Inherited::default() } else { request.inherited.or_current() };
    inherited.add_trace(&mut options.headers);
    let timeout = options.timeout.or(method.timeout).or(client_timeout).unwrap_or(settings.timeout);
    // One-way messages inherit no deadline: they report what has happened, also when the caller does not wait
    // any more.
    let inherited_timeout =
        if is_call { inherited.less_than(timeout, settings.deadline_margin) } else { None };
    let policy = CallPolicy {
        timeout: inherited_timeout.unwrap_or(timeout),
        inherited: inherited_timeout.is_some(),
        idempotent: request.idempotent,
        awaited: if is_call { Awaited::Reply } else { Awaited::Confirm },
        error_maps: options.error_maps.filter(|_| is_call),
        codec: request.codec,
    };
    let message = OutgoingMessage {
        method,
        exchange: request.exchange,
        routing_key: request.routing_key,
        headers: options.headers,
        priority: options.priority,
        content_type: request.content_type,
        body,
        // Receivers tell repetitions of a one-way message by it.
        message_id: (!is_call).then(|| Uuid::new_v4().to_string().into()),
        // An event has no queue of its own.
        fails_fast: (options.fails_fast || settings.fails_fast) && (is_call || !method.queue.is_empty()),
        untyped: request.untyped,
    };
    Ok(PreparedMessage { message, policy })
}
