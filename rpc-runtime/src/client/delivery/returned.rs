//! Finds out why a request was returned, on a broker that returns those that a full queue refuses as well.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use super::message::OutgoingMessage;
use crate::client::session::{link::Link, pending::CallOutcome, shared::Session};

/// How long the broker may take to say why. Without an answer the request counts as unroutable; it was
/// returned either way, and does not run.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// Resolves with the outcome of a call whose request was returned.
pub(super) type ReturnedCall = Pin<Box<dyn Future<Output = CallOutcome> + Send>>;

/// Asks for the queue of a call whose request was just returned: one that is there and holds messages is
/// full.
pub(super) fn why_returned(
    session: Arc<Session>,
    link: Arc<Link>,
    message: &OutgoingMessage,
    deadline: Option<Instant>,
) -> ReturnedCall {
    let returned_at = Instant::now();
    let limit = returned_at + ANSWERED_WITHIN;
    let limit = deadline.map_or(limit, |deadline| deadline.min(limit));
    // The default exchange routes to the queue of that name.
    let queue = if message.exchange.is_empty() {
        message.routing_key.clone().into_owned()
    } else {
        session.settings.namespace.queue(&message.queue()).into_owned()
    };
    Box::pin(async move {
        if queue.is_empty() {
            return CallOutcome::Unroutable;
        }
        let asking = session.queues.holds_messages(&queue, &link, returned_at);
        match tokio::time::timeout_at(limit.into(), asking).await {
            Ok(Ok(true)) => CallOutcome::QueueFull(queue),
            Ok(Ok(false)) => CallOutcome::Unroutable,
            Ok(Err(error)) => {
                tracing::debug!(%error, queue, "the broker did not say why it returned a request");
                CallOutcome::Unroutable
            }
            Err(_) => {
                tracing::debug!(queue, "the broker did not say in time why it returned a request");
                CallOutcome::Unroutable
            }
        }
    })
}
