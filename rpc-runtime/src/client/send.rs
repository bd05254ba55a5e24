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
    link::{Link, NotSent, Prepared},
    pending::{Ended, Outcome},
    session::{Session, State},
};
use crate::error::{CallError, Disconnected, Phase, Timeout, Unencodable, Unroutable};

/// A call that was sent. Dropping it forgets the call: its reply will count as late.
pub(super) struct InFlight {
    // The tasks that bring its outcome live as long as the session.
    _session: Arc<Session>,
    link: Arc<Link>,
    number: CallNumber,
    outcome: oneshot::Receiver<Outcome>,
    /// The table gave the outcome, and the call's place with it.
    has_left: bool,
    // Given back when the call has its outcome or is dropped.
    _slot: OwnedSemaphorePermit,
}

impl InFlight {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.outcome).poll(cx).map(|outcome| {
            self.has_left = true;
            outcome.unwrap_or_else(|_| Outcome::Disconnected("the call was dropped from the table".into()))
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.has_left {
            self.link.pending.forget(self.number);
        }
    }
}

/// Why a call has no reply, whatever its method.
#[derive(Debug)]
pub(super) enum Failure {
    NotSent(NotSent),
    Unroutable { exchange_missing: bool },
    TimedOut(Phase),
    Disconnected(Arc<str>, Phase),
}

impl Failure {
    pub(super) fn into_error<E>(self, terms: &Terms) -> CallError<E> {
        match self {
            Self::NotSent(NotSent::TooLate | NotSent::Congested) => {
                Self::TimedOut(Phase::WaitingToSend).into_error(terms)
            }
            Self::NotSent(NotSent::Unwritable(source)) => CallError::Encode(Unencodable(source)),
            Self::NotSent(NotSent::Ended(Ended::Closed)) => CallError::Closed,
            Self::NotSent(NotSent::Ended(Ended::Disconnected(reason))) => {
                Self::Disconnected(reason, Phase::WaitingToSend).into_error(terms)
            }
            Self::Unroutable { exchange_missing } => CallError::Unroutable(Unroutable {
                exchange: terms.exchange.clone().into(),
                routing_key: terms.routing_key.clone().into(),
                exchange_missing,
            }),
            Self::TimedOut(phase) => {
                CallError::Timeout(Timeout { after: terms.timeout, phase, idempotent: terms.idempotent })
            }
            Self::Disconnected(reason, phase) => {
                CallError::Disconnected(Disconnected { reason, phase, idempotent: terms.idempotent })
            }
        }
    }
}

/// What an error says of the call it belongs to.
pub(super) struct Terms {
    pub(super) exchange: std::borrow::Cow<'static, str>,
    pub(super) routing_key: std::borrow::Cow<'static, str>,
    pub(super) timeout: Duration,
    pub(super) idempotent: bool,
}

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
        return Start::Failed(Failure::TimedOut(Phase::WaitingToSend));
    }
    // `Duration::MAX` is beyond what the clock can count: no deadline.
    let deadline = Instant::now().checked_add(timeout);
    if let State::Ready(link) = session.state()
        && link.exchanges.has(&call.exchange)
        && let Ok(slot) = Arc::clone(&session.slots).try_acquire_owned()
    {
        match send_over(&session, &link, &call, deadline, slot) {
            Ok(in_flight) => return Start::Sent(in_flight),
            // The link has just ended, or does not move: wait.
            Err((NotSent::Ended(_) | NotSent::Congested, _)) => {}
            Err((error, _)) => return Start::Failed(Failure::NotSent(error)),
        }
    }
    Start::Waiting(Box::pin(send_in_time(session, call, deadline)))
}

async fn send_in_time(
    session: Arc<Session>,
    call: Prepared,
    deadline: Option<Instant>,
) -> Result<InFlight, Failure> {
    let sending = send_when_ready(session, call, deadline);
    match deadline {
        None => sending.await,
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), sending).await {
            Ok(sent) => sent,
            Err(_) => Err(Failure::TimedOut(Phase::WaitingToSend)),
        },
    }
}

async fn send_when_ready(
    session: Arc<Session>,
    call: Prepared,
    deadline: Option<Instant>,
) -> Result<InFlight, Failure> {
    let mut states = session.watch_state();
    let ended = |ended| Failure::NotSent(NotSent::Ended(ended));
    // A session that ends must not be waited for: whoever holds the slots may never give them back.
    let mut slot = tokio::select! {
        slot = Arc::clone(&session.slots).acquire_owned() => slot.expect("the semaphore is never closed"),
        reason = end_of(session.watch_state()) => return Err(ended(reason)),
    };
    loop {
        let state = states.borrow_and_update().clone();
        match state {
            State::Ended(reason) => return Err(ended(reason)),
            State::Reopening => {}
            State::Ready(link) => {
                ensure_exchange(&link, &call).await?;
                // Made before the attempt, so that no notification is missed.
                let room = link.room.notified();
                match send_over(&session, &link, &call, deadline, slot) {
                    Ok(in_flight) => return Ok(in_flight),
                    Err((NotSent::Ended(_), unused)) => slot = unused,
                    Err((NotSent::Congested, unused)) => {
                        slot = unused;
                        session.alarm.wake();
                        tokio::select! {
                            () = room => continue,
                            _ = states.changed() => continue,
                        }
                    }
                    Err((error, _)) => return Err(Failure::NotSent(error)),
                }
            }
        }
        states.changed().await.expect("the session, which sends the states, is held here");
    }
}

async fn end_of(mut states: tokio::sync::watch::Receiver<State>) -> Ended {
    let state = states.wait_for(|state| matches!(state, State::Ended(_))).await;
    match state.as_deref() {
        Ok(State::Ended(ended)) => ended.clone(),
        _ => Ended::Closed,
    }
}

async fn ensure_exchange(link: &Link, call: &Prepared) -> Result<(), Failure> {
    match link.exchanges.find(&call.exchange, &link.connection).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::Unroutable { exchange_missing: true }),
        Err(error) => Err(Failure::Disconnected(error.message().into(), Phase::WaitingToSend)),
    }
}

fn send_over(
    session: &Arc<Session>,
    link: &Arc<Link>,
    call: &Prepared,
    deadline: Option<Instant>,
    slot: OwnedSemaphorePermit,
) -> Result<InFlight, (NotSent, OwnedSemaphorePermit)> {
    // The slot may have come too late: then nothing is sent, and the call knows that it did not run.
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err((NotSent::TooLate, slot));
    }
    match link.send(call, &session.settings.caller, deadline) {
        Ok((number, outcome)) => {
            session.alarm.wake();
            Ok(InFlight {
                _session: Arc::clone(session),
                link: Arc::clone(link),
                number,
                outcome,
                has_left: false,
                _slot: slot,
            })
        }
        Err(error) => Err((error, slot)),
    }
}
