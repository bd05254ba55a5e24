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
    dialect::{ClientDialect, Target, Unsupported, caught},
    error::{Awaited, CallError, TooLarge, Unencodable},
    message::Inherited,
    secrets::RequestSeal,
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
    pub(crate) seal: RequestSeal,
    /// The codec that the reply is read with, besides those of the library: that of the body, or of the dialect.
    pub(crate) codec: AnyCodec,
    /// Whether it may be sent again although it may have run.
    pub(crate) idempotent: bool,
    /// The idempotency key.
    pub(crate) key: Option<Box<str>>,
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

/// Why a request is not sent.
pub(crate) enum NotPrepared {
    TooLarge(TooLarge),
    /// The client's dialect cannot say it.
    Unsupported(Unsupported),
}

impl NotPrepared {
    pub(crate) fn into_call_error<E>(self) -> CallError<E> {
        match self {
            Self::TooLarge(error) => CallError::TooLarge(error),
            Self::Unsupported(why) => CallError::Encode(Unencodable(why.into())),
        }
    }
}

/// Applies the settings of the client to a request. `client_timeout`: of this clone of the client.
///
/// # Errors
/// When the body is larger than this client sends, or its dialect does not say what the request asks for.
// Called from generic code, which is compiled in the crates of users.
#[inline]
pub(crate) fn prepare(
    settings: &Settings,
    client_timeout: Option<Duration>,
    request: EncodedRequest,
) -> Result<PreparedMessage, NotPrepared> {
    let request = match &settings.dialect {
        None => request,
        Some(dialect) => addressed_in(&**dialect, request).map_err(NotPrepared::Unsupported)?,
    };
    let EncodedRequest { method, body, mut options, .. } = request;
    let (size, limit) = (body.len(), settings.max_request_bytes);
    if size > limit {
        return Err(NotPrepared::TooLarge(TooLarge { size, limit }));
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
        seal: request.seal,
        // Receivers tell repetitions of a one-way message by it.
        message_id: if is_call { request.key } else { Some(request.key.unwrap_or_else(new_key)) },
        // An event has no queue of its own.
        fails_fast: (options.fails_fast || settings.fails_fast)
            && method.kind != MethodKind::Event
            && request.untyped.as_ref().is_none_or(|untyped| !untyped.queue.is_empty()),
        untyped: request.untyped,
    };
    Ok(PreparedMessage { message, policy })
}

/// The request, addressed as the dialect of the client does.
fn addressed_in(dialect: &dyn ClientDialect, request: EncodedRequest) -> Result<EncodedRequest, Unsupported> {
    let method = request.method;
    let name = request.untyped.as_ref().map_or(method.full_name, |untyped| &untyped.name).to_owned();
    if method.kind == MethodKind::Event {
        let dialect = dialect.name();
        return Err(Unsupported::new(format!(
            "`{name}` is an event, and the dialect `{dialect}` has calls and notifications; publish events by a client without a dialect"
        )));
    }
    let Target { exchange, routing_key, queue } =
        caught(|| dialect.target(method, &name)).unwrap_or_else(|| Err(Unsupported::panicked()))?;
    // A custom codec is that of the call; otherwise its reply is the peer's, also if the call is untyped.
    let codec = if request.codec.is_custom() { request.codec } else { dialect.reply_codec() };
    let untyped = Some(Box::new(UntypedMethod { name, queue: queue.into_owned() }));
    Ok(EncodedRequest { exchange, routing_key, untyped, codec, ..request })
}

/// A key that no other message has.
pub(crate) fn new_key() -> Box<str> {
    Uuid::new_v4().to_string().into()
}
