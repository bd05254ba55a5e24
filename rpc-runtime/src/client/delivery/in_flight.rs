//! A call in flight: it waits for its outcome, and may be sent again.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use amqp_rpc_transport::{BrokerError, Disconnect, ExchangeError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{
    attempt::{AdmittedMessage, Attempt, SentMessage, TrySendError},
    error::DeliveryError,
    message::OutgoingMessage,
    policy::{CallPolicy, RetryState},
    publish::publish_call,
    returned::{ReturnedCall, why_returned},
    send::{Sending, send_in_time},
};
use crate::{
    client::session::{
        exchange_cache::Exchange,
        link::Link,
        pending::{CallOutcome, PendingCall},
        queue_cache::SERVED_FOR,
        shared::{Session, SessionState},
    },
    error::QueueState,
    wire::reply::Reading,
};

/// A message that was sent and is pending. Dropping it removes it from the pending table: its reply counts as
/// late.
pub(crate) struct InFlight {
    // The tasks that bring its outcome live as long as the session.
    session: Arc<Session>,
    link: Arc<Link>,
    exchange: Arc<Exchange>,
    entry: PendingCall,
    /// The table has handed out the outcome, and removed the entry.
    has_left: bool,
    /// Kept, in case that it must be sent again.
    message: OutgoingMessage,
    deadline: Option<Instant>,
    // Released when the message has its outcome or is dropped.
    slot: Option<OwnedSemaphorePermit>,
    /// The request was returned, and the broker is asked why.
    returned: Option<ReturnedCall>,
}

impl InFlight {
    /// The message whose entry in the link's table this is.
    pub(super) fn new<P>(attempt: Attempt<'_, P>, entry: PendingCall, message: AdmittedMessage) -> Self {
        let Attempt { session, link, exchange, .. } = attempt;
        let AdmittedMessage { message, deadline, slot } = message;
        exchange.count();
        session.sweep_trigger.wake();
        Self {
            session: Arc::clone(session),
            link: Arc::clone(link),
            exchange,
            entry,
            has_left: false,
            message,
            deadline,
            slot: Some(slot),
            returned: None,
        }
    }

    /// Resolves once, with the outcome of a call. A request that was returned may have met a full queue, on a
    /// broker that returns those as well: then the broker is asked first, within the deadline.
    pub(crate) fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<CallOutcome> {
        loop {
            if let Some(returned) = &mut self.returned {
                return returned.as_mut().poll(cx);
            }
            match self.poll(cx) {
                Poll::Ready(CallOutcome::Unroutable) if self.link.connection.broker().returns_when_full() => {
                    let (session, link) = (Arc::clone(&self.session), Arc::clone(&self.link));
                    self.returned = Some(why_returned(session, link, &self.message, self.deadline));
                }
                outcome => return outcome,
            }
        }
    }

    /// Resolves once, with the outcome.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<CallOutcome> {
        Pin::new(&mut self.entry.outcome).poll(cx).map(|outcome| {
            self.has_left = true;
            outcome.unwrap_or_else(|_| {
                CallOutcome::Disconnected(Arc::new(Disconnect::new("the call was dropped from the table")))
            })
        })
    }

    /// True when its deadline has passed, though that may not have been noticed yet.
    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends the same message again, within the time that is left. `None` when no time is left or the session
    /// has ended.
    pub(super) fn send_again<S: SentMessage>(&mut self) -> Option<Sending<S>> {
        if self.is_late() || matches!(self.session.state(), SessionState::Ended(_)) {
            return None;
        }
        self.session.counters.count_resent();
        let session = Arc::clone(&self.session);
        Some(Box::pin(send_in_time(session, self.message.take(), self.deadline, self.slot.take())))
    }

    /// Remembers why the broker closed the channel of one-way messages: the link stays, and its caches must
    /// not lead there again.
    ///
    /// Where the broker is low on disk the link ends: the next one is made when messages are accepted again.
    pub(super) fn remember_cause(&self, disconnect: &Arc<Disconnect>) {
        let denied = &self.session.denied_exchanges;
        if let Some(exchange) = disconnect.refused_exchange() {
            denied.remember(exchange, Arc::clone(&disconnect.reason));
        }
        if let Some((exchange, topic)) = disconnect.refused_topic() {
            denied.remember_topic(exchange, topic, Arc::clone(&disconnect.reason));
        }
        if disconnect.exchange_error(&self.message.exchange) == Some(ExchangeError::Missing) {
            self.link.exchanges.forget(&self.message.exchange);
        }
        if disconnect.is_low_on_disk {
            self.link.abandon(disconnect);
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// The error that the loss of its link means for it.
    pub(super) fn error_of_disconnect(&self, disconnect: Arc<Disconnect>) -> DeliveryError {
        let was_alone = self.exchange.has_had_one_message();
        DeliveryError::of_disconnect(disconnect, &self.message.exchange, &self.message.routing_key, was_alone)
    }

    /// The rules for reading its reply.
    pub(super) fn reading<'a>(&self, policy: &'a CallPolicy) -> Reading<'a> {
        let settings = &self.session.settings;
        let correlation_id = || Some(self.link.ids.id(self.entry.number));
        let OutgoingMessage { method, message_id, .. } = &self.message;
        Reading {
            idempotent: policy.idempotent,
            codec: &policy.codec,
            max_bytes: settings.max_reply_bytes,
            scope: settings.secrets.of_reply_to(method, message_id.as_deref(), correlation_id),
        }
    }

    /// Sends a message again that the broker refused because it is low on disk, if it may wait until that is
    /// over.
    ///
    /// # Errors
    /// The error of the message, if it is not sent again.
    pub(super) fn after_refusal<S: SentMessage>(
        &mut self,
        retries: &mut RetryState,
        disconnect: &Disconnect,
    ) -> Result<Sending<S>, DeliveryError> {
        if self.session.settings.waits_while_blocked
            && retries.may_repeat()
            && let Some(sending) = self.send_again()
        {
            retries.count_repetition();
            return Ok(sending);
        }
        Err(DeliveryError::Blocked(Arc::clone(&disconnect.reason)))
    }

    /// The error of a message that the broker returned.
    pub(super) fn unroutable(&self) -> DeliveryError {
        DeliveryError::unroutable(&self.message, false)
    }

    /// The error of a call without a reply in time, with what was found of its queue meanwhile.
    pub(super) fn timed_out(&self) -> DeliveryError {
        if self.link.dialect.is_some() {
            // Somebody may have deleted the exchange, and with it the binding that replies come by: the next message has
            // it made again.
            self.link.exchanges.forget(&self.message.exchange);
        }
        let queue = self.message.queue();
        let queue = self.session.settings.namespace.queue(&queue);
        let served = self.session.queues.cached(&queue, SERVED_FOR);
        // Of an untyped call it may be another queue.
        let is_guess = self.message.untyped.is_some();
        let served = served.filter(|served| !(is_guess && *served == QueueState::Missing));
        DeliveryError::TimedOut { found: served.map(|served| (queue.into_owned(), served)) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.has_left {
            self.link.pending.forget(self.entry.number);
        }
    }
}

impl SentMessage for InFlight {
    /// Calls are published on the link's own channel.
    type Publisher = ();

    fn slots(session: &Session) -> &Arc<Semaphore> {
        &session.slots
    }

    fn capacity(link: &Link) -> &Notify {
        &link.capacity
    }

    fn ready_publisher(_: &Session, _: &Link, _: &OutgoingMessage) -> Option<()> {
        Some(())
    }

    async fn open_publisher(_: &Link) -> Result<(), BrokerError> {
        Ok(())
    }

    fn send(attempt: Attempt<'_, ()>, message: AdmittedMessage) -> Result<Self, Box<TrySendError>> {
        match publish_call(attempt.link, &message.message, message.deadline) {
            Ok(entry) => Ok(Self::new(attempt, entry, message)),
            Err(error) => Err(Box::new(TrySendError { error, message })),
        }
    }
}
