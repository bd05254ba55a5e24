//! Looks up the exchange and the consumers of a message before it is sent.

use std::sync::Arc;

use amqp_rpc_transport::{
    BrokerError, Disconnect, TopologyError, limits::MAX_SHORT_STRING_BYTES, reply_code::ACCESS_REFUSED,
};

use super::{error::DeliveryError, message::OutgoingMessage};
use crate::{
    client::session::{
        exchange_cache::{Exchange, FoundExchange},
        link::Link,
        queue_cache::SERVED_FOR,
        shared::Session,
    },
    dialect::{ReplyBinding, Unsupported, caught},
    error::{Phase, QueueState},
};

/// Why an exchange was not found.
pub(super) enum LookupError {
    /// The message fails.
    Failed(DeliveryError),
    /// The broker did not say.
    Unanswered(BrokerError),
}

/// The exchange of a message that may be sent, as far as is known.
pub(super) async fn find_exchange(
    session: &Session,
    link: &Link,
    message: &OutgoingMessage,
) -> Result<Arc<Exchange>, LookupError> {
    let denied = &session.denied_exchanges;
    let reason = denied.reason(&message.exchange);
    if let Some(reason) = reason.or_else(|| denied.topic_reason(&message.exchange, &message.routing_key)) {
        return Err(LookupError::Failed(access_refused(message, reason)));
    }
    if message.exchange.len() > MAX_SHORT_STRING_BYTES {
        let why = format!("the exchange is longer than AMQP's {MAX_SHORT_STRING_BYTES} bytes");
        return Err(LookupError::Failed(DeliveryError::Unwritable(why.into())));
    }
    let bindings = match &link.dialect {
        None => None,
        Some(dialect) => {
            let binding = ReplyBinding::new(&message.exchange, &link.reply_to);
            let panicked = || LookupError::Failed(DeliveryError::Unwritable(Unsupported::panicked().into()));
            Some(caught(|| dialect.reply_bindings(&binding)).ok_or_else(panicked)?)
        }
    };
    let kind = message.method.kind;
    match link.exchanges.find(&message.exchange, kind, bindings, &link.connection, denied).await {
        Ok(FoundExchange::Exists(exchange)) => Ok(exchange),
        Ok(FoundExchange::Denied(reason)) => Err(LookupError::Failed(access_refused(message, reason))),
        Ok(FoundExchange::Missing) => Err(LookupError::Failed(DeliveryError::unroutable(message, true))),
        Ok(FoundExchange::Unbound(error)) if error.source.code() == Some(ACCESS_REFUSED) => {
            Err(LookupError::Failed(access_refused(message, error.source.message().into())))
        }
        Ok(FoundExchange::Unbound(refused)) => {
            let TopologyError { name, source, .. } = &*refused;
            let why = format!("the broker refuses `{name}`, which replies need: {source}");
            Err(LookupError::Failed(DeliveryError::Unwritable(why.into())))
        }
        Err(error) if error.is_channel_error() => Err(LookupError::Failed(not_sent_over_lost_link(&error))),
        Err(error) => Err(LookupError::Unanswered(error)),
    }
}

fn access_refused(message: &OutgoingMessage, reason: Arc<str>) -> DeliveryError {
    DeliveryError::AccessRefused { exchange: message.exchange.clone().into_owned(), reason }
}

/// The error of a message whose link was lost before it was sent.
pub(super) fn not_sent_over_lost_link(error: &BrokerError) -> DeliveryError {
    DeliveryError::Disconnected(Arc::new(Disconnect::from(error)), Phase::WaitingToSend)
}

/// True when the queue of the message had consumers, and the broker was asked within [`SERVED_FOR`].
pub(super) fn is_served(session: &Session, message: &OutgoingMessage) -> bool {
    let queue = message.queue();
    let queue = session.settings.namespace.queue(&queue);
    matches!(session.queues.cached(&queue, SERVED_FOR), Some(QueueState::Consumed { .. }))
}

/// Fails a message whose queue has no consumers. A queue that is missing is left to the broker, which knows
/// all bindings, and so is one that the user may not look up.
pub(super) async fn check_consumers(
    session: &Session,
    link: &Link,
    message: &OutgoingMessage,
) -> Result<(), DeliveryError> {
    let queue = message.queue();
    let queue = session.settings.namespace.queue(&queue);
    match session.queues.query(&queue, link).await {
        Ok(Some(QueueState::NoConsumer { waiting })) => {
            Err(DeliveryError::NoConsumer { queue: queue.into_owned(), waiting })
        }
        Ok(Some(QueueState::Consumed { .. } | QueueState::Missing) | None) => Ok(()),
        // A lost connection shows when the message is sent.
        Err(error) => {
            tracing::debug!(%error, queue = &*queue, "the broker did not report the consumers of the queue");
            Ok(())
        }
    }
}
