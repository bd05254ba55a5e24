//! Encodes a message, and publishes it over a link.

mod in_dialect;
mod send_error;
mod to_all;

use std::time::{Duration, Instant};

use amqp_rpc_transport::{Confirm, Headers, Properties, SharedConfirmPublisher, Sharing};
use bytes::Bytes;
use smol_str::SmolStr;

use self::in_dialect::publish_in;
pub(crate) use self::send_error::SendError;
pub(super) use self::to_all::publish_to_all;
use super::message::OutgoingMessage;
use crate::{
    client::session::{
        link::Link,
        pending::{PendingCall, correlation::CallNumber},
    },
    codec::Encoding,
    contract::{MethodKind, Repetition},
    wire::request::{ACCEPT_ENCODING, CallRequest, OneWayRequest},
};

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
    let remaining = check_sendable(link, deadline)?;
    if let Some(dialect) = &link.dialect {
        let publish = |properties: &Properties, body: &Bytes| {
            link.publisher.queue_mandatory(&message.exchange, &message.routing_key, properties, body)
        };
        return publish_in(&**dialect, link, message, (deadline, remaining), publish)
            .map(|((), entry)| entry);
    }
    // The entry comes first: the reply may be here before `queue_mandatory` returns.
    let entry = link.pending.insert(message.method, deadline).map_err(SendError::Ended)?;
    let EncodedBody { body, content_encoding, mut headers } = encode(link, message);
    let correlation_id = link.ids.id(entry.number);
    message.seal.add_to(&mut headers, &correlation_id, &link.reply_to, &message.body);
    let properties = CallRequest {
        name: message.name(),
        content_type: &message.content_type,
        content_encoding,
        correlation_id,
        reply_to: &link.reply_to,
        expiration_step: link.connection.broker().expiration_step(),
        remaining,
        priority: message.priority,
        message_id: message.message_id.as_deref().map(SmolStr::new),
        headers,
    }
    .properties(&link.caller);
    let (exchange, routing_key) = (&*message.exchange, &*message.routing_key);
    let queued = match max_calls_in_message(link, message) {
        1 => link.publisher.queue_mandatory(exchange, routing_key, &properties, &body),
        max_parts => {
            let expiration = properties.expiration.as_deref().and_then(|expiration| expiration.parse().ok());
            let sharing = Sharing { max_parts, expiration, calls_per_message: None, number: entry.number.0 };
            let share = |first| link.pending.share(entry.number, CallNumber(first));
            link.publisher.queue_mandatory_part(exchange, routing_key, &properties, &body, sharing, share)
        }
    };
    match queued {
        Ok(()) => Ok(entry),
        Err(error) => {
            link.pending.forget(entry.number);
            Err(error.into())
        }
    }
}

/// The most calls that may share a message with this one.
fn max_calls_in_message(link: &Link, message: &OutgoingMessage) -> usize {
    match &link.coalescing {
        // Redelivered with others, it would be refused although it had not run.
        Some(coalescing)
            if message.untyped.is_none()
                && message.method.repetition != Repetition::AtMostOnce
                // They wait for each other at the server, and one that is done waits for the others to be settled. In
                // a cluster they come through different queues.
                && message.method.lock.is_none() =>
        {
            coalescing.max_calls(message.method)
        }
        _ => 1,
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
    if let Some(dialect) = &link.dialect {
        let publish = |properties: &Properties, body: &Bytes| {
            publisher.queue(&message.exchange, &message.routing_key, properties, body, true)
        };
        let (confirm, entry) = publish_in(&**dialect, link, message, (deadline, None), publish)?;
        return Ok(PublishedOneWay { entry, confirm, is_mandatory: true });
    }
    let entry = link.pending.insert(message.method, deadline).map_err(SendError::Ended)?;
    let EncodedBody { body, content_encoding, mut headers } = encode(link, message);
    let correlation_id = link.ids.id(entry.number);
    message.seal.add_to(&mut headers, &correlation_id, "", &message.body);
    let properties = OneWayRequest {
        name: message.name(),
        content_type: &message.content_type,
        correlation_id,
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

/// Returns what is left of the message's time.
fn check_sendable(link: &Link, deadline: Option<Instant>) -> Result<Option<Duration>, SendError> {
    // The slot may have come too late. Nothing is sent then, and the message has certainly not run.
    let remaining = match deadline {
        Some(deadline) => {
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return Err(SendError::TooLate);
            }
            Some(remaining)
        }
        None => None,
    };
    // What is sent now waits in the broker's socket, and is taken long after the caller's timeout.
    match link.connection.findings().blocked() {
        Some(reason) => Err(SendError::Blocked(reason)),
        None => Ok(remaining),
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
