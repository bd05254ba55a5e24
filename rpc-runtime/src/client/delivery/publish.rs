//! Encodes a message, and publishes it over a link.

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::{Confirm, Disconnect, Headers, PublishError, SharedConfirmPublisher};
use bytes::Bytes;
use smol_str::SmolStr;

use super::message::OutgoingMessage;
use crate::{
    client::session::{
        link::Link,
        pending::{EndReason, PendingCall},
    },
    codec::Encoding,
    contract::MethodKind,
    wire::request::{ACCEPT_ENCODING, CallRequest, OneWayRequest},
};

/// Why a message was not published. The broker has nothing of it.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The link has ended; the next may serve.
    Ended(EndReason),
    /// Too much is queued and not written. The link notifies when there is capacity again.
    Congested,
    /// The broker blocks publishers, for this reason.
    Blocked(Arc<str>),
    /// Its deadline had passed.
    TooLate,
    /// It cannot be encoded.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
}

impl From<PublishError> for SendError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Congested => Self::Congested,
            PublishError::Invalid(source) => Self::Unwritable(source),
            PublishError::Disconnected(error) => {
                Self::Ended(EndReason::Disconnected(Arc::new(Disconnect::from(&error))))
            }
        }
    }
}

/// A one-way message that was published: it is pending, and will be confirmed.
pub(super) struct PublishedOneWay {
    pub(super) entry: PendingCall,
    pub(super) confirm: Confirm,
    /// The broker returns it if no queue takes it.
    pub(super) is_mandatory: bool,
}

/// Enters the call into the pending table and publishes its request.
pub(super) fn publish_call(
    link: &Link,
    message: &OutgoingMessage,
    deadline: Option<Instant>,
) -> Result<PendingCall, SendError> {
    check_sendable(link, deadline)?;
    // The entry comes first: the reply may be here before `queue_mandatory` returns.
    let entry = link.pending.insert(message.method, deadline).map_err(SendError::Ended)?;
    let EncodedBody { body, content_encoding, headers } = encode(link, message);
    let properties = CallRequest {
        name: message.name(),
        content_type: &message.content_type,
        content_encoding,
        correlation_id: link.ids.id(entry.number),
        reply_to: &link.reply_to,
        expiration_step: link.connection.broker().expiration_step(),
        remaining: deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())),
        priority: message.priority,
        headers,
    }
    .properties(&link.caller);
    match link.publisher.queue_mandatory(&message.exchange, &message.routing_key, &properties, &body) {
        Ok(()) => Ok(entry),
        Err(error) => {
            link.pending.forget(entry.number);
            Err(error.into())
        }
    }
}

/// Enters the message into the pending table, for it may be returned, and publishes it.
pub(super) fn publish_one_way(
    link: &Link,
    publisher: &SharedConfirmPublisher,
    message: &OutgoingMessage,
    deadline: Option<Instant>,
) -> Result<PublishedOneWay, SendError> {
    check_sendable(link, deadline)?;
    let entry = link.pending.insert(message.method, deadline).map_err(SendError::Ended)?;
    let EncodedBody { body, content_encoding, headers } = encode(link, message);
    let properties = OneWayRequest {
        method: message.method,
        content_type: &message.content_type,
        correlation_id: link.ids.id(entry.number),
        message_id: message.message_id.as_deref().map(SmolStr::new),
        priority: message.priority,
        content_encoding,
        headers,
    }
    .properties(&link.caller);
    // A notification that no queue takes is an error; an event without subscribers is none.
    let is_mandatory = message.method.kind != MethodKind::Event;
    match publisher.queue(&message.exchange, &message.routing_key, &properties, &body, is_mandatory) {
        Ok(confirm) => Ok(PublishedOneWay { entry, confirm, is_mandatory }),
        Err(error) => {
            link.pending.forget(entry.number);
            Err(error.into())
        }
    }
}

fn check_sendable(link: &Link, deadline: Option<Instant>) -> Result<(), SendError> {
    // The slot may have come too late. Nothing is sent then, and the message has certainly not run.
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(SendError::TooLate);
    }
    // What is sent now waits in the broker's socket, and is taken long after the caller's timeout.
    match link.connection.findings().blocked() {
        Some(reason) => Err(SendError::Blocked(reason)),
        None => Ok(()),
    }
}

/// Body and headers as they travel: compressed, where the client compresses.
struct EncodedBody {
    body: Bytes,
    content_encoding: Option<Encoding>,
    headers: Headers,
}

fn encode(link: &Link, message: &OutgoingMessage) -> EncodedBody {
    let (body, mut headers) = (message.body.clone(), message.headers.clone());
    let Some(compression) = link.compression else {
        return EncodedBody { body, content_encoding: None, headers };
    };
    let (body, content_encoding) = compression.apply(body);
    if headers.get(ACCEPT_ENCODING).is_none() {
        headers.insert(ACCEPT_ENCODING, Encoding::all_names().into_owned());
    }
    EncodedBody { body, content_encoding, headers }
}
