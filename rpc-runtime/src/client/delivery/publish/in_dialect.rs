//! Publishes a message as the dialect of its client writes it.

use std::time::{Duration, Instant};

use amqp_rpc_transport::{Properties, PublishError};
use bytes::Bytes;
use smol_str::SmolStr;

use super::SendError;
use crate::{
    client::{
        delivery::message::OutgoingMessage,
        session::{link::Link, pending::PendingCall},
    },
    contract::MethodKind,
    dialect::{ClientDialect, OutgoingRequest, RequestMessage, Unsupported, caught},
    wire::request::expiration_text,
};

/// Enters the message into the pending table, and hands it to `publish` as the dialect writes it. `time`: its deadline,
/// and what is left until then if its reply is awaited.
pub(super) fn publish_in<T>(
    dialect: &dyn ClientDialect,
    link: &Link,
    message: &OutgoingMessage,
    time: (Option<Instant>, Option<Duration>),
    publish: impl FnOnce(&Properties, &Bytes) -> Result<T, PublishError>,
) -> Result<(T, PendingCall), SendError> {
    let (deadline, remaining) = time;
    if message.seal.is_some() {
        let why = "peers read secrets as bare tokens; give the client a keyring with `write_bare`";
        return Err(SendError::Unwritable(why.into()));
    }
    let is_call = message.method.kind == MethodKind::Call;
    let entry = link.pending.insert(message.method, deadline).map_err(SendError::Ended)?;
    let correlation_id = link.ids.id(entry.number);
    let reply_to = is_call.then(|| link.reply_to.clone());
    let request = OutgoingRequest {
        method: message.method,
        name: message.name(),
        is_call,
        content_type: &message.content_type,
        body: &message.body,
        headers: message.headers.clone(),
        correlation_id: correlation_id.clone(),
        reply_to,
        remaining,
        expiration: remaining
            .map(|remaining| expiration_text(remaining, link.connection.broker().expiration_step())),
        priority: message.priority,
        message_id: message.message_id.as_deref().map(SmolStr::new),
        app_id: link.caller.app_id.clone(),
        user_id: link.caller.user_id.clone(),
    };
    // Its panic must not leave the entry behind.
    let written = caught(|| dialect.write_request(request)).unwrap_or_else(|| Err(Unsupported::panicked()));
    let queued = match written {
        Ok(RequestMessage { mut properties, body }) => {
            // By it a request that no queue takes finds its call.
            properties.correlation_id = Some(correlation_id);
            publish(&properties, &body).map_err(SendError::from)
        }
        Err(why) => Err(SendError::Unwritable(why.into())),
    };
    match queued {
        Ok(queued) => Ok((queued, entry)),
        Err(error) => {
            link.pending.forget(entry.number);
            Err(error)
        }
    }
}
