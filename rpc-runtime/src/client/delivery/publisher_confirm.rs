//! A one-way message in flight: it was published, and waits for its publisher confirm.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use amqp_rpc_transport::{BrokerError, Confirm, ConfirmOutcome, Disconnect, SharedConfirmPublisher};
use tokio::{
    sync::{Notify, Semaphore},
    time::{Sleep, sleep},
};

use super::{
    attempt::{AdmittedMessage, Attempt, SentMessage, TrySendError},
    in_flight::InFlight,
    message::OutgoingMessage,
    publish::{PublishedOneWay, publish_one_way},
};
use crate::client::session::{link::Link, pending::CallOutcome, shared::Session};

/// How long the confirm of a returned message is waited for.
const CONFIRM_OF_RETURNED: Duration = Duration::from_secs(1);

/// A one-way message that was published. It has an entry among the pending calls, for it may be returned or
/// time out.
pub(super) struct PublishInFlight {
    pub(super) in_flight: InFlight,
    confirm: Confirm,
    is_mandatory: bool,
    /// It was returned, on a broker that returns what a full queue refuses: its confirm decides, if it comes
    /// before this.
    returned: Option<Pin<Box<Sleep>>>,
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
        if self.returned.is_some() {
            return self.poll_returned(cx);
        }
        if let Poll::Ready(outcome) = self.in_flight.poll(cx) {
            if matches!(outcome, CallOutcome::Unroutable) && self.may_be_refused() {
                return self.poll_returned(cx);
            }
            let confirmed = Pin::new(&mut self.confirm).poll(cx);
            // What was confirmed in the last moment was taken. At its timeout, a notification may have been
            // returned as well, which cannot be told any more; at the end of the channel, that is told first.
            let may_be_taken = match outcome {
                CallOutcome::Disconnected(_) => true,
                CallOutcome::TimedOut => !self.is_mandatory,
                _ => false,
            };
            let was_acked = may_be_taken && matches!(confirmed, Poll::Ready(Ok(ConfirmOutcome::Acked)));
            return Poll::Ready(if was_acked {
                PublishOutcome::Acked
            } else {
                PublishOutcome::Failed(outcome)
            });
        }
        let Poll::Ready(confirmed) = Pin::new(&mut self.confirm).poll(cx) else { return Poll::Pending };
        let verdict = match confirmed {
            Ok(verdict) => verdict,
            Err(error) => {
                let disconnect = Arc::new(Disconnect::from(&error));
                // The broker refused this message, or an earlier one and did not read on.
                let is_refused = disconnect.is_low_on_disk && self.confirm.is_of_last();
                return Poll::Ready(PublishOutcome::Failed(if is_refused {
                    CallOutcome::Blocked(disconnect)
                } else {
                    CallOutcome::Disconnected(disconnect)
                }));
            }
        };
        // A returned message is confirmed as well, right after it was returned.
        self.in_flight.link().settle_returned();
        if let Poll::Ready(outcome) = self.in_flight.poll(cx)
            && verdict != ConfirmOutcome::Nacked
        {
            return Poll::Ready(PublishOutcome::Failed(outcome));
        }
        Poll::Ready(match verdict {
            ConfirmOutcome::Acked => PublishOutcome::Acked,
            ConfirmOutcome::Nacked => PublishOutcome::Nacked,
        })
    }

    /// Returns whether a returned message may have been refused by a full queue: then it is nacked as well.
    fn may_be_refused(&self) -> bool {
        self.in_flight.link().connection.broker().returns_when_full()
    }

    /// A returned message that is nacked was refused by a full queue. Any other reached none.
    fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<PublishOutcome> {
        let limit = self.returned.get_or_insert_with(|| Box::pin(sleep(CONFIRM_OF_RETURNED)));
        let is_late = limit.as_mut().poll(cx).is_ready();
        match Pin::new(&mut self.confirm).poll(cx) {
            Poll::Ready(Ok(ConfirmOutcome::Nacked)) => Poll::Ready(PublishOutcome::Nacked),
            Poll::Pending if !is_late => Poll::Pending,
            _ => Poll::Ready(PublishOutcome::Failed(CallOutcome::Unroutable)),
        }
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
                Ok(Self { in_flight, confirm, is_mandatory, returned: None })
            }
            Err(error) => Err(Box::new(TrySendError { error, message })),
        }
    }
}
