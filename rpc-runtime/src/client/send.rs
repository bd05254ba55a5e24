//! Sending a call: at once when everything is ready, else by waiting for a slot, a link and the exchange.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    correlation::CallNumber,
    exchanges::Exchange,
    failure::Failure,
    link::{Link, NotSent, Prepared},
    lost::Lost,
    pending::{Ended, Outcome},
    queues::SERVED_FOR,
    session::{Session, State},
};
use crate::error::{BrokerError, Phase, Served};

/// A call that was sent. Dropping it forgets the call: its reply will count as late.
pub(super) struct InFlight {
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
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.outcome).poll(cx).map(|outcome| {
            self.has_left = true;
            let outcome = outcome.unwrap_or_else(|_| {
                Outcome::Disconnected(Arc::new(Lost::because("the call was dropped from the table")))
            });
            if matches!(outcome, Outcome::Replied(_) | Outcome::Unroutable) {
                self.exchange.prove();
            }
            outcome
        })
    }

    /// Sends the same call again, within the time that is left. `None` when there is none, or nobody to send it.
    pub(super) fn send_again(&mut self) -> Option<Sending> {
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if is_late || matches!(self.session.state(), State::Ended(_)) {
            return None;
        }
        self.session.count_resent();
        let session = Arc::clone(&self.session);
        Some(Box::pin(send_in_time(session, self.call.take(), self.deadline, self.slot.take())))
    }

    /// What the loss of its link means for this call.
    pub(super) fn failure_of_loss(&self, lost: Arc<Lost>) -> Failure {
        Failure::of_loss(lost, &self.call.exchange, &self.call.routing_key, self.exchange.is_proven())
    }

    /// Its request came back.
    pub(super) fn unroutable(&self) -> Failure {
        self.call.unroutable(false)
    }

    /// The call's time is over: with what was found of its queue meanwhile.
    pub(super) fn timed_out(&self) -> Failure {
        let queue = self.session.settings.namespace.queue(self.call.method.queue);
        let served = self.session.queues.heard(&queue, SERVED_FOR);
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

/// How long after a question that failed the loss of its link shows, at the latest.
const LOSS_NOTICED_WITHIN: Duration = Duration::from_secs(1);

pub(super) type Sending = Pin<Box<dyn Future<Output = Result<InFlight, Failure>> + Send>>;

/// Where a call stands after its first poll.
pub(super) enum Start {
    Sent(InFlight),
    Waiting(Sending),
    Failed(Failure),
}

/// Sends at once if nothing is in the way.
pub(super) fn start(session: Arc<Session>, call: Prepared, timeout: Duration) -> Start {
    if timeout.is_zero() {
        return Start::Failed(Failure::NotSentInTime { not_connected: None });
    }
    // `Duration::MAX` is beyond what the clock can count: no deadline.
    let deadline = Instant::now().checked_add(timeout);
    if let State::Ready(link) = session.state()
        && (!call.fails_fast || is_served(&session, &call))
        && let Some(exchange) = link.exchanges.get(&call.exchange)
        && let Ok(slot) = Arc::clone(&session.slots).try_acquire_owned()
    {
        return match send_over(&session, &link, exchange, call, deadline, slot) {
            Ok(in_flight) => Start::Sent(in_flight),
            // The link has just ended, or does not move: wait.
            Err((NotSent::Ended(_) | NotSent::Congested, call, slot)) => {
                Start::Waiting(Box::pin(send_in_time(session, call, deadline, Some(slot))))
            }
            Err((NotSent::Blocked(_), call, slot)) if session.settings.waits_while_blocked => {
                Start::Waiting(Box::pin(send_in_time(session, call, deadline, Some(slot))))
            }
            Err((not_sent, ..)) => Start::Failed(not_sent.into()),
        };
    }
    Start::Waiting(Box::pin(send_in_time(session, call, deadline, None)))
}

async fn send_in_time(
    session: Arc<Session>,
    call: Prepared,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<InFlight, Failure> {
    let sending = send_when_ready(Arc::clone(&session), call, deadline, slot);
    match deadline {
        None => sending.await,
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), sending).await {
            Ok(sent) => sent,
            Err(_) => Err(Failure::NotSentInTime { not_connected: why_not_connected(&session.state()) }),
        },
    }
}

fn why_not_connected(state: &State) -> Option<Arc<str>> {
    match state {
        State::Connecting(lost) => Some(Arc::clone(&lost.reason)),
        State::Ready(link) => link.connection.findings().blocked(),
        State::Ended(_) => None,
    }
}

async fn send_when_ready(
    session: Arc<Session>,
    mut call: Prepared,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<InFlight, Failure> {
    let mut states = session.watch_state();
    // A session that ends must not be waited for: whoever holds the slots may never give them back.
    let mut slot = match slot {
        Some(slot) => slot,
        None => tokio::select! {
            slot = Arc::clone(&session.slots).acquire_owned() => slot.expect("the semaphore is never closed"),
            reason = end_of(session.watch_state()) => return Err(Failure::Ended(reason)),
        },
    };
    loop {
        let state = states.borrow_and_update().clone();
        let link = match state {
            State::Ended(reason) => return Err(Failure::Ended(reason)),
            State::Connecting(_) => {
                states.changed().await.expect("the session, which sends the states, is held here");
                continue;
            }
            State::Ready(link) => link,
        };
        let exchange = match find_exchange(&session, &link, &call).await {
            Ok(exchange) => exchange,
            Err(NotFound::Refused(failure)) => return Err(failure),
            // Most likely the link is being lost: the next one is asked again.
            Err(NotFound::Unanswered(error)) => {
                match tokio::time::timeout(LOSS_NOTICED_WITHIN, states.changed()).await {
                    Ok(_) => continue,
                    Err(_) => return Err(Failure::Lost(Arc::new(Lost::from(&error)), Phase::WaitingToSend)),
                }
            }
        };
        if call.fails_fast {
            find_consumer(&session, &link, &call).await?;
        }
        // Made before the attempt, so that no notification is missed.
        let room = link.room.notified();
        let mut blocked = link.connection.findings().watch_blocked();
        let not_sent;
        (not_sent, call, slot) = match send_over(&session, &link, exchange, call, deadline, slot) {
            Ok(in_flight) => return Ok(in_flight),
            Err(unsent) => unsent,
        };
        match not_sent {
            NotSent::Ended(_) => {
                states.changed().await.expect("the session, which sends the states, is held here");
            }
            NotSent::Congested => {
                session.alarm.wake();
                tokio::select! {
                    () = room => {}
                    _ = states.changed() => {}
                }
            }
            NotSent::Blocked(_) if session.settings.waits_while_blocked => {
                tokio::select! {
                    _ = blocked.wait_for(Option::is_none) => {}
                    _ = states.changed() => {}
                }
            }
            not_sent => return Err(not_sent.into()),
        }
    }
}

async fn end_of(mut states: tokio::sync::watch::Receiver<State>) -> Ended {
    let state = states.wait_for(|state| matches!(state, State::Ended(_))).await;
    match state.as_deref() {
        Ok(State::Ended(ended)) => ended.clone(),
        _ => Ended::Closed,
    }
}

/// Why an exchange was not found.
enum NotFound {
    Refused(Failure),
    /// The broker did not say.
    Unanswered(BrokerError),
}

async fn find_exchange(session: &Session, link: &Link, call: &Prepared) -> Result<Arc<Exchange>, NotFound> {
    if let Some(reason) = session.refusals.of(&call.exchange) {
        let exchange = call.exchange.clone().into_owned();
        return Err(NotFound::Refused(Failure::AccessRefused { exchange, reason }));
    }
    match link.exchanges.find(&call.exchange, &link.connection).await {
        Ok(Some(exchange)) => Ok(exchange),
        Ok(None) => Err(NotFound::Refused(call.unroutable(true))),
        Err(error) if error.is_of_channel() => {
            Err(NotFound::Refused(Failure::Lost(Arc::new(Lost::from(&error)), Phase::WaitingToSend)))
        }
        Err(error) => Err(NotFound::Unanswered(error)),
    }
}

/// Whether somebody consumed the call's queue when that was last asked, shortly ago.
fn is_served(session: &Session, call: &Prepared) -> bool {
    let queue = session.settings.namespace.queue(call.method.queue);
    matches!(session.queues.heard(&queue, SERVED_FOR), Some(Served::By { .. }))
}

/// Refuses a call whose queue nobody consumes. A queue that is missing is left to the broker, which knows all bindings.
async fn find_consumer(session: &Session, link: &Link, call: &Prepared) -> Result<(), Failure> {
    let queue = session.settings.namespace.queue(call.method.queue);
    match session.queues.ask(&queue, &link.connection).await {
        Ok(Served::ByNobody { waiting }) => Err(Failure::NoConsumer { queue: queue.into_owned(), waiting }),
        Ok(Served::By { .. } | Served::NoQueue) => Ok(()),
        // A connection that is lost shows when the call is sent.
        Err(error) => {
            tracing::debug!(%error, queue = &*queue, "the broker does not say who consumes the queue");
            Ok(())
        }
    }
}

type Unsent = (NotSent, Prepared, OwnedSemaphorePermit);

#[allow(clippy::result_large_err, reason = "what was not sent is given back whole, and tried again")]
fn send_over(
    session: &Arc<Session>,
    link: &Arc<Link>,
    exchange: Arc<Exchange>,
    call: Prepared,
    deadline: Option<Instant>,
    slot: OwnedSemaphorePermit,
) -> Result<InFlight, Unsent> {
    // The slot may have come too late: then nothing is sent, and the call knows that it did not run.
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err((NotSent::TooLate, call, slot));
    }
    match link.send(&call, &session.settings.caller, deadline) {
        Ok((number, outcome)) => {
            session.alarm.wake();
            Ok(InFlight {
                session: Arc::clone(session),
                link: Arc::clone(link),
                exchange,
                number,
                outcome,
                has_left: false,
                call,
                deadline,
                slot: Some(slot),
            })
        }
        Err(error) => Err((error, call, slot)),
    }
}

impl From<NotSent> for Failure {
    fn from(not_sent: NotSent) -> Self {
        match not_sent {
            NotSent::TooLate | NotSent::Congested => Self::NotSentInTime { not_connected: None },
            NotSent::Unwritable(source) => Self::Unwritable(source),
            NotSent::Blocked(reason) => Self::Blocked(reason),
            NotSent::Ended(ended) => Self::Ended(ended),
        }
    }
}
