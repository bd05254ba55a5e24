//! Publishes a request that several servers answer.

use std::time::Instant;

use super::{EncodedBody, SendError, check_sendable, encode};
use crate::{
    client::{
        delivery::message::OutgoingMessage,
        session::{link::Link, pending::gathers::Gather},
    },
    wire::request::CallRequest,
};

/// Enters the request into the table of those with many answers, and publishes it.
pub(in crate::client::delivery) fn publish_to_all(
    link: &Link,
    message: &OutgoingMessage,
    deadline: Option<Instant>,
) -> Result<Gather, SendError> {
    let remaining = check_sendable(link, deadline)?;
    // First: an answer may be here before `queue_mandatory` returns.
    let gather = link.gathers.insert();
    let EncodedBody { body, content_encoding, headers } = encode(link, message);
    let properties = CallRequest {
        name: message.name(),
        content_type: &message.content_type,
        content_encoding,
        correlation_id: gather.id.clone(),
        reply_to: &link.reply_to,
        expiration_step: link.connection.broker().expiration_step(),
        remaining,
        priority: message.priority,
        message_id: None,
        headers,
    }
    .properties(&link.caller);
    link.publisher.queue_mandatory(&message.exchange, &message.routing_key, &properties, &body)?;
    Ok(gather)
}
