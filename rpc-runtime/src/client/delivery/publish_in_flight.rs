//! A message that nobody answers, on its way: it was sent, and waits for the broker's word on it.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, Confirm, ConfirmingPublisher, Disconnect, Verdict};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{
    failure::{Failure, Terms},
    in_flight::{InFlight, Unsent},
    message::{Packed, Prepared},
    send::{self, Attempt, Sent, Start},
};
use crate::{
    client::session::{
        link::{Link, NotSent},
        pending::Outcome,
        shared::Session,
    },
    contract::{MethodKind, NoError},
    error::{CallError, Phase, Rejected},
    wire::request::OneWay,
};

/// A message that was sent. It has a place among the calls, for it may come back, and its time may be over.
struct Posted {
    in_flight: InFlight,
    confirm: Confirm,
    is_mandatory: bool,
}

/// What became of it.
enum Fate {
    Taken,
    Rejected,
    Failed(Outcome),
}

/// Sends the message, and resolves when the broker has taken it. `left`: of its timeout.
pub(crate) async fn deliver(
    session: Arc<Session>,
    message: Prepared,
    left: Duration,
    mut terms: Terms,
) -> Result<(), CallError<NoError>> {
    let mut sent: Result<Posted, Failure> = match send::start(session, message, left) {
        Start::Sent(posted) => Ok(posted),
        Start::Waiting(sending) => sending.await,
        Start::Failed(failure) => Err(failure),
    };
    loop {
        let mut posted = sent.map_err(|failure| failure.into_error(&terms))?;
        let failure = match poll_fn(|cx| posted.poll(cx)).await {
            Fate::Taken => return Ok(()),
            Fate::Rejected => {
                return Err(CallError::Rejected(Rejected { idempotent: terms.idempotent }));
            }
            Fate::Failed(Outcome::Unroutable) => posted.in_flight.unroutable(),
            Fate::Failed(Outcome::TimedOut) => Failure::TimedOut { found: None },
            // Nobody answers it: a reply to its id is a forgery, and proves nothing.
            Fate::Failed(Outcome::Replied(_)) => Failure::Lost(
                Arc::new(Disconnect::new("somebody answered a message that has no answer")),
                Phase::Sent,
            ),
            Fate::Failed(Outcome::Disconnected(lost)) => {
                posted.in_flight.learn_from(&lost);
                match posted.in_flight.failure_of_loss(Arc::clone(&lost)) {
                    Failure::Lost(..) if terms.may_be_repeated_after(&lost) => {
                        match posted.in_flight.send_again() {
                            Some(again) => {
                                terms.repetitions += 1;
                                terms.lost_before.get_or_insert(lost);
                                sent = again.await;
                                continue;
                            }
                            None => posted.in_flight.failure_of_loss(lost),
                        }
                    }
                    failure => failure,
                }
            }
        };
        return Err(failure.into_error(&terms));
    }
}

impl Posted {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fate> {
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
