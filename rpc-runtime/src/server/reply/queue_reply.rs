//! Queues replies on the channel of their requests.

use std::error::Error;

use amqp_rpc_transport::{PublishError, Publisher, Sharing};

use super::settlement::UnsentReply;
use crate::dialect::ReplyMessage;

/// The most replies that share a message.
const MAX_REPLIES: usize = 256;

/// Queues a reply. The acknowledgement of its request comes later, and so reaches the broker behind it.
///
/// # Errors
/// Why AMQP cannot carry it.
pub(super) fn queue_reply(
    publisher: &Publisher,
    reply: UnsentReply,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let UnsentReply { reply_to, content, calls_per_message, .. } = reply;
    let ReplyMessage { exchange, properties, body } = content.compose();
    let queued = match calls_per_message {
        None => publisher.queue_to(&exchange, &reply_to, &properties, &body),
        Some(_) => {
            let sharing = Sharing { max_parts: MAX_REPLIES, expiration: None, calls_per_message, number: 0 };
            publisher.queue_part_to(&reply_to, &properties, &body, sharing)
        }
    };
    match queued {
        Err(PublishError::Invalid(error)) => Err(error),
        // A channel that is lost is noticed by the settler, and the broker delivers the request again.
        Ok(()) | Err(PublishError::Disconnected(_) | PublishError::Congested) => Ok(()),
    }
}

/// Logs that AMQP cannot carry a reply, of which its caller is not told.
pub(super) fn log_unwritable(error: &dyn Error) {
    tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
}
