//! Queues replies on the channel of their requests.

use std::error::Error;

use amqp_rpc_transport::{PublishError, Publisher};

use super::settlement::UnsentReply;
use crate::wire::reply;

/// Queues a reply. The acknowledgement of its request comes later, and so reaches the broker behind it.
///
/// # Errors
/// Why AMQP cannot carry it.
pub(super) fn queue_reply(
    publisher: &Publisher,
    reply: UnsentReply,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let UnsentReply { reply_to, correlation_id, codec, outcome, .. } = reply;
    let (properties, body) = reply::compose(correlation_id, &codec, outcome);
    match publisher.queue_to(&reply_to, &properties, &body) {
        Err(PublishError::Invalid(error)) => Err(error),
        // A channel that is lost is noticed by the settler, and the broker delivers the request again.
        Ok(()) | Err(PublishError::Disconnected(_) | PublishError::Congested) => Ok(()),
    }
}

/// Logs that AMQP cannot carry a reply, of which its caller is not told.
pub(super) fn log_unwritable(error: &dyn Error) {
    tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
}
