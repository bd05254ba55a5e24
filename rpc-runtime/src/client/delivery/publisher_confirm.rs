//! A one-way message in flight: it was published, and waits for its publisher confirm.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use amqp_rpc_transport::{BrokerError, Confirm, ConfirmOutcome, Disconnect, SharedConfirmPublisher};
use tokio::sync::{Notify, Semaphore};

use super::{
    attempt::{AdmittedMessage, Attempt, SentMessage, TrySendError},
    in_flight::InFlight,
    message::OutgoingMessage,
    publish::{PublishedOneWay, publish_one_way},
};
use crate::client::session::{link::Link, pending::CallOutcome, shared::Session};

/// A one-way message that was published. It has an entry among the pending calls, for it may be returned or
/// time out.
pub(super) struct PublishInFlight {
    pub(super) in_flight: InFlight,
    confirm: Confirm,
    is_mandatory: bool,
}

/// The outcome of a one-way message that was published.
pub(super) enum PublishOutcome {
    /// The broker has taken it.
    Acked,
    /// The broker has refused it.
    Nacked,
    Failed(CallOutcome),
}

impl PublishInFlight {
    /// Resolves once, with the outcome.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<PublishOutcome> {
        if let Poll::Ready(outcome) = self.in_flight.poll(cx) {
            let confirmed = self.poll_confirm(cx);
            // An event that was confirmed in the last moment was taken. A notification may have been returned
            // as well, which cannot be told any more.
            let was_acked = matches!(outcome, CallOutcome::TimedOut)
                && !self.is_mandatory
                && matches!(confirmed, Poll::Ready(Ok(ConfirmOutcome::Acked)));
            return Poll::Ready(if was_acked {
                PublishOutcome::Acked
            } else {
                PublishOutcome::Failed(outcome)
            });
        }
        let Poll::Ready(confirmed) = self.poll_confirm(cx) else { return Poll::Pending };
        let verdict = match confirmed {
            Ok(verdict) => verdict,
            Err(error) => {
                let disconnect = Arc::new(Disconnect::from(&error));
                return Poll::Ready(PublishOutcome::Failed(CallOutcome::Disconnected(disconnect)));
            }
        };
        // A returned message is confirmed as well, right after it was returned.
        self.in_flight.link().settle_returned();
        if let Poll::Ready(outcome) = self.in_flight.poll(cx) {
            return Poll::Ready(PublishOutcome::Failed(outcome));
        }
        Poll::Ready(match verdict {
            ConfirmOutcome::Acked => PublishOutcome::Acked,
            ConfirmOutcome::Nacked => PublishOutcome::Nacked,
        })
    }

    /// A publisher confirm shows that the broker keeps its connections, also when it came just before the
    /// loss.
    fn poll_confirm(&mut self, cx: &mut Context<'_>) -> Poll<Result<ConfirmOutcome, BrokerError>> {
        let confirmed = Pin::new(&mut self.confirm).poll(cx);
        if matches!(confirmed, Poll::Ready(Ok(_))) {
            self.in_flight.link().mark_received();
        }
        confirmed
    }
}

impl SentMessage for PublishInFlight {
    type Publisher = SharedConfirmPublisher;

    fn slots(session: &Session) -> &Arc<Semaphore> {
        &session.one_way_slots
    }

    fn capacity(link: &Link) -> &Notify {
        &link.one_way_capacity
    }

    fn ready_publisher(
        session: &Session,
        link: &Link,
        message: &OutgoingMessage,
    ) -> Option<SharedConfirmPublisher> {
        // A link outlives its channel of one-way messages: when an exchange was denied, its cache still says
        // that it exists.
        let denied = &session.denied_exchanges;
        let is_denied = denied.reason(&message.exchange).is_some()
            || denied.topic_reason(&message.exchange, &message.routing_key).is_some();
        if is_denied { None } else { link.confirming_now() }
    }

    async fn open_publisher(link: &Link) -> Result<SharedConfirmPublisher, BrokerError> {
        link.confirming().await
    }

    fn send(
        attempt: Attempt<'_, SharedConfirmPublisher>,
        message: AdmittedMessage,
    ) -> Result<Self, Box<TrySendError>> {
        match publish_one_way(attempt.link, &attempt.publisher, &message.message, message.deadline) {
            Ok(PublishedOneWay { entry, confirm, is_mandatory }) => {
                let in_flight = InFlight::new(attempt, entry, message);
                Ok(Self { in_flight, confirm, is_mandatory })
            }
            Err(error) => Err(Box::new(TrySendError { error, message })),
        }
    }
}
