//! A call that was sent: it waits for its outcome, and may be sent again.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use amqp_rpc_transport::{Disconnect, ExchangeError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    failure::{Failure, Terms},
    message::Prepared,
    send::{Sending, Sent, send_in_time},
};
use crate::{
    client::session::{
        correlation::CallNumber,
        exchanges::Exchange,
        link::{Link, NotSent},
        pending::Outcome,
        queues::SERVED_FOR,
        shared::{Session, State},
    },
    error::Served,
    wire::reply::Reading,
};

/// Why a call was not sent, the call, and its slot.
pub(crate) type Unsent = (NotSent, Prepared, OwnedSemaphorePermit);

/// A call that was sent. Dropping it forgets the call: its reply will count as late.
pub(crate) struct InFlight {
    // The tasks that bring its outcome live as long as the session.
    session: Arc<Session>,
    link: Arc<Link>,
    exchange: Arc<Exchange>,
    number: CallNumber,
    outcome: oneshot::Receiver<Outcome>,
    /// The table gave the outcome, and the call's place with it.
    has_left: bool,
    /// Kept, in case that it must be sent again.
    call: Prepared,
    deadline: Option<Instant>,
    // Given back when the call has its outcome or is dropped.
    slot: Option<OwnedSemaphorePermit>,
}

impl InFlight {
    /// Sends the call over this link, if it still can be and its time is not over.
    #[allow(clippy::result_large_err, reason = "what was not sent is given back whole, and tried again")]
    pub(crate) fn send(
        session: &Arc<Session>,
        link: &Arc<Link>,
        exchange: Arc<Exchange>,
        call: Prepared,
        deadline: Option<Instant>,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, Unsent> {
        // The slot may have come too late: then nothing is sent, and the call knows that it did not run.
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err((NotSent::TooLate, call, slot));
        }
        match link.send(&call, deadline) {
            Ok(entry) => Ok(Self::of(session, link, exchange, entry, call, deadline, slot)),
            Err(error) => Err((error, call, slot)),
        }
    }

    /// The call whose entry in the link's table this is.
    pub(crate) fn of(
        session: &Arc<Session>,
        link: &Arc<Link>,
        exchange: Arc<Exchange>,
        (number, outcome): (CallNumber, oneshot::Receiver<Outcome>),
        call: Prepared,
        deadline: Option<Instant>,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        exchange.count();
        session.alarm.wake();
        Self {
            session: Arc::clone(session),
            link: Arc::clone(link),
            exchange,
            number,
            outcome,
            has_left: false,
            call,
            deadline,
            slot: Some(slot),
        }
    }

    /// Resolves once, with what became of the call.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.outcome).poll(cx).map(|outcome| {
            self.has_left = true;
            outcome.unwrap_or_else(|_| {
                Outcome::Disconnected(Arc::new(Disconnect::new("the call was dropped from the table")))
            })
        })
    }

    /// Whether its time is over, though that may not have been noticed yet.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends the same call again, within the time that is left. `None` when there is none, or nobody to send it.
    pub(crate) fn send_again<S: Sent>(&mut self) -> Option<Sending<S>> {
        if self.is_late() || matches!(self.session.state(), State::Ended(_)) {
            return None;
        }
        self.session.count_resent();
        let session = Arc::clone(&self.session);
        Some(Box::pin(send_in_time(session, self.call.take(), self.deadline, self.slot.take())))
    }

    /// The channel was lost, and with it only what nobody answers: the link stays, and must not go on in the belief that led there.
    pub(crate) fn learn_from(&self, lost: &Disconnect) {
        if let Some(exchange) = lost.refused_exchange() {
            self.session.refusals.remember(exchange, Arc::clone(&lost.reason));
        }
        if let Some((exchange, topic)) = lost.refused_topic() {
            self.session.refusals.remember_topic(exchange, topic, Arc::clone(&lost.reason));
        }
        if lost.exchange_error(&self.call.exchange) == Some(ExchangeError::Missing) {
            self.link.exchanges.forget(&self.call.exchange);
        }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// What the loss of its link means for this call.
    pub(crate) fn failure_of_loss(&self, lost: Arc<Disconnect>) -> Failure {
        Failure::of_loss(lost, &self.call.exchange, &self.call.routing_key, self.exchange.has_had_one_call())
    }

    /// How its reply is read.
    pub(crate) fn reading<'a>(&self, terms: &'a Terms) -> Reading<'a> {
        let max_bytes = self.session.settings.max_reply_bytes;
        Reading { idempotent: terms.idempotent, codec: &terms.codec, max_bytes }
    }

    /// Its request came back.
    pub(crate) fn unroutable(&self) -> Failure {
        self.call.unroutable(false)
    }

    /// The call's time is over: with what was found of its queue meanwhile.
    pub(crate) fn timed_out(&self) -> Failure {
        let queue = self.session.settings.namespace.queue(self.call.queue());
        let served = self.session.queues.heard(&queue, SERVED_FOR);
        // Of an untyped call it may be another queue.
        let is_guess = self.call.untyped.is_some();
        let served = served.filter(|served| !(is_guess && *served == Served::NoQueue));
        Failure::TimedOut { found: served.map(|served| (queue.into_owned(), served)) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.has_left {
            self.link.pending.forget(self.number);
        }
    }
}
