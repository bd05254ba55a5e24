//! A message that nobody answers, on its way: it was sent, and waits for the broker's word on it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use amqp_rpc_transport::{BrokerError, Confirm, ConfirmingPublisher, Disconnect, Verdict};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{
    in_flight::{InFlight, Unsent},
    message::{Packed, Prepared},
    send::{Attempt, Sent},
};
use crate::{
    client::session::{
        link::{Link, NotSent},
        pending::Outcome,
        shared::Session,
    },
    contract::MethodKind,
    wire::request::OneWay,
};

/// A message that was sent. It has a place among the calls, for it may come back, and its time may be over.
pub(crate) struct Posted {
    pub(crate) in_flight: InFlight,
    confirm: Confirm,
    is_mandatory: bool,
}

/// What became of it.
pub(crate) enum Fate {
    Taken,
    Rejected,
    Failed(Outcome),
}

impl Posted {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fate> {
        if let Poll::Ready(outcome) = self.in_flight.poll(cx) {
            let confirmed = self.poll_confirm(cx);
            // An event that was taken in the last moment was taken. A notification may have come back as well, and cannot tell any more.
            let was_taken = matches!(outcome, Outcome::TimedOut)
                && !self.is_mandatory
                && matches!(confirmed, Poll::Ready(Ok(Verdict::Taken)));
            return Poll::Ready(if was_taken { Fate::Taken } else { Fate::Failed(outcome) });
        }
        let Poll::Ready(confirmed) = self.poll_confirm(cx) else { return Poll::Pending };
        let verdict = match confirmed {
            Ok(verdict) => verdict,
            Err(error) => {
                return Poll::Ready(Fate::Failed(Outcome::Disconnected(Arc::new(Disconnect::from(&error)))));
            }
        };
        // What comes back is confirmed as well, right after it came back.
        self.in_flight.link().settle_returned();
        if let Poll::Ready(outcome) = self.in_flight.poll(cx) {
            return Poll::Ready(Fate::Failed(outcome));
        }
        Poll::Ready(match verdict {
            Verdict::Taken => Fate::Taken,
            Verdict::Refused => Fate::Rejected,
        })
    }

    /// The broker's word shows that the connection was of use, also where it came just before the loss.
    fn poll_confirm(&mut self, cx: &mut Context<'_>) -> Poll<Result<Verdict, BrokerError>> {
        let confirmed = Pin::new(&mut self.confirm).poll(cx);
        if matches!(confirmed, Poll::Ready(Ok(_))) {
            self.in_flight.link().mark_of_use();
        }
        confirmed
    }
}

impl Sent for Posted {
    type With = ConfirmingPublisher;

    fn slots(session: &Session) -> &Arc<Semaphore> {
        &session.one_way_slots
    }

    fn room(link: &Link) -> &Notify {
        &link.room_for_one_way
    }

    fn ready(session: &Session, link: &Link, message: &Prepared) -> Option<ConfirmingPublisher> {
        // The link outlives the channel that a refusal has cost, and still believes in the exchange.
        let refusals = &session.refusals;
        let is_refused = refusals.of(&message.exchange).is_some()
            || refusals.of_topic(&message.exchange, &message.routing_key).is_some();
        if is_refused { None } else { link.confirming_now() }
    }

    async fn prepare(link: &Link) -> Result<ConfirmingPublisher, BrokerError> {
        link.confirming().await
    }

    fn send(
        attempt: Attempt<'_, ConfirmingPublisher>,
        message: Prepared,
        deadline: Option<Instant>,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, Unsent> {
        let Attempt { session, link, exchange, with: publisher } = attempt;
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err((NotSent::TooLate, message, slot));
        }
        if let Some(reason) = link.connection.findings().blocked() {
            return Err((NotSent::Blocked(reason), message, slot));
        }
        let (number, outcome) = match link.pending.insert(message.method, deadline) {
            Ok(entry) => entry,
            Err(ended) => return Err((NotSent::Ended(ended), message, slot)),
        };
        let Packed { body, content_encoding, headers } = link.pack(&message);
        let properties = OneWay {
            method: message.method,
            content_type: &message.content_type,
            correlation_id: link.ids.id(number),
            message_id: message.message_id.clone().map(String::from),
            priority: message.priority,
            content_encoding,
            headers,
        }
        .properties(&link.caller);
        // A notification that no queue takes is an error; an event that nobody has subscribed to is none.
        let mandatory = message.method.kind != MethodKind::Event;
        match publisher.queue(&message.exchange, &message.routing_key, properties, body, mandatory) {
            Ok(confirm) => {
                let entry = (number, outcome);
                let in_flight = InFlight::of(session, link, exchange, entry, message, deadline, slot);
                Ok(Self { in_flight, confirm, is_mandatory: mandatory })
            }
            Err(error) => {
                link.pending.forget(number);
                Err((error.into(), message, slot))
            }
        }
    }
}
