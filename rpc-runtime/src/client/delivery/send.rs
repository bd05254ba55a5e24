//! Sending a call: at once when everything is ready, else by waiting for a slot, a link and the exchange.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, Disconnect};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{
    failure::Failure,
    in_flight::{InFlight, Unsent},
    message::Prepared,
};
use crate::{
    client::session::{
        exchanges::Exchange,
        link::{Link, NotSent},
        pending::Ended,
        queues::SERVED_FOR,
        shared::{Session, State},
    },
    error::{Phase, Served},
};

/// How long after a question that failed the loss of its link shows, at the latest.
const LOSS_NOTICED_WITHIN: Duration = Duration::from_secs(1);
/// What AMQP has room for.
const MOST_BYTES_OF_A_NAME: usize = 255;

pub(crate) type Sending<S = InFlight> = Pin<Box<dyn Future<Output = Result<S, Failure>> + Send>>;

/// How something is sent, once a slot, a link and the exchange are there.
pub(crate) trait Sent: Sized + Send + 'static {
    /// What it is sent with.
    type With: Send;

    /// What bounds how many are under way.
    fn slots(session: &Session) -> &Arc<Semaphore>;

    /// What tells that there may be room again for one that found none.
    fn room(link: &Link) -> &Notify;

    /// What it is sent with, if that is there, and nothing is known that speaks against this one.
    fn ready(session: &Session, link: &Link, call: &Prepared) -> Option<Self::With>;

    /// Makes sure of what it is sent with.
    ///
    /// # Errors
    /// When the broker does not answer.
    fn prepare(link: &Link) -> impl Future<Output = Result<Self::With, BrokerError>> + Send;

    #[allow(clippy::result_large_err, reason = "what was not sent is given back whole, and tried again")]
    fn send(
        attempt: Attempt<'_, Self::With>,
        call: Prepared,
        deadline: Option<Instant>,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, Unsent>;
}

/// What an attempt to send has found.
pub(crate) struct Attempt<'a, With> {
    pub(crate) session: &'a Arc<Session>,
    pub(crate) link: &'a Arc<Link>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) with: With,
}

impl Sent for InFlight {
    type With = ();

    fn slots(session: &Session) -> &Arc<Semaphore> {
        &session.slots
    }

    fn room(link: &Link) -> &Notify {
        &link.room
    }

    fn ready(_: &Session, _: &Link, _: &Prepared) -> Option<()> {
        Some(())
    }

    async fn prepare(_: &Link) -> Result<(), BrokerError> {
        Ok(())
    }

    fn send(
        attempt: Attempt<'_, ()>,
        call: Prepared,
        deadline: Option<Instant>,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, Unsent> {
        let Attempt { session, link, exchange, with: () } = attempt;
        Self::send(session, link, exchange, call, deadline, slot)
    }
}

/// Where a call stands after its first poll.
pub(crate) enum Start<S = InFlight> {
    Sent(S),
    Waiting(Sending<S>),
    Failed(Failure),
}

/// Sends at once if nothing is in the way: what would wait is large, and costs much even where it does not have to.
pub(crate) fn start<S: Sent>(session: Arc<Session>, call: Prepared, timeout: Duration) -> Start<S> {
    if timeout.is_zero() {
        return Start::Failed(Failure::NotSentInTime { not_connected: None });
    }
    // `Duration::MAX` is beyond what the clock can count: no deadline.
    let deadline = Instant::now().checked_add(timeout);
    if let State::Ready(link) = session.state()
        && (!call.fails_fast || is_served(&session, &call))
        && let Some(exchange) = link.exchanges.get(&call.exchange)
        && let Some(with) = S::ready(&session, &link, &call)
        && let Ok(slot) = Arc::clone(S::slots(&session)).try_acquire_owned()
    {
        let attempt = Attempt { session: &session, link: &link, exchange, with };
        return match S::send(attempt, call, deadline, slot) {
            Ok(sent) => Start::Sent(sent),
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

pub(crate) async fn send_in_time<S: Sent>(
    session: Arc<Session>,
    call: Prepared,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<S, Failure> {
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

async fn send_when_ready<S: Sent>(
    session: Arc<Session>,
    mut call: Prepared,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<S, Failure> {
    let mut states = session.watch_state();
    // A session that ends must not be waited for: whoever holds the slots may never give them back.
    let mut slot = match slot {
        Some(slot) => slot,
        None => tokio::select! {
            slot = Arc::clone(S::slots(&session)).acquire_owned() => slot.expect("the semaphore is never closed"),
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
        // While it is blocked the broker answers no question either.
        if let Some(reason) = link.connection.findings().blocked() {
            if !session.settings.waits_while_blocked {
                return Err(Failure::Blocked(reason));
            }
            let mut blocked = link.connection.findings().watch_blocked();
            tokio::select! {
                _ = blocked.wait_for(Option::is_none) => {}
                _ = states.changed() => {}
            }
            continue;
        }
        let find = async {
            let exchange = find_exchange(&session, &link, &call).await?;
            if call.fails_fast {
                find_consumer(&session, &link, &call).await.map_err(NotFound::Refused)?;
            }
            let with = S::prepare(&link).await.map_err(NotFound::Unanswered)?;
            Ok((exchange, with))
        };
        // A question that a connection dies of may never be answered: the next link is asked then.
        let found = tokio::select! {
            biased;
            found = find => found,
            _ = states.changed() => continue,
        };
        let (exchange, with) = match found {
            Ok(found) => found,
            Err(NotFound::Refused(failure)) => return Err(failure),
            // Most likely the link is being lost: the next one is asked again.
            Err(NotFound::Unanswered(error)) => {
                match tokio::time::timeout(LOSS_NOTICED_WITHIN, states.changed()).await {
                    Ok(_) => continue,
                    Err(_) => {
                        return Err(Failure::Lost(Arc::new(Disconnect::from(&error)), Phase::WaitingToSend));
                    }
                }
            }
        };
        // Made before the attempt, so that no notification is missed.
        let room = S::room(&link).notified();
        let mut blocked = link.connection.findings().watch_blocked();
        let not_sent;
        let attempt = Attempt { session: &session, link: &link, exchange, with };
        (not_sent, call, slot) = match S::send(attempt, call, deadline, slot) {
            Ok(sent) => return Ok(sent),
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
    let refused = session.refusals.of(&call.exchange);
    if let Some(reason) = refused.or_else(|| session.refusals.of_topic(&call.exchange, &call.routing_key)) {
        let exchange = call.exchange.clone().into_owned();
        return Err(NotFound::Refused(Failure::AccessRefused { exchange, reason }));
    }
    if call.exchange.len() > MOST_BYTES_OF_A_NAME {
        let why = format!("the exchange is longer than AMQP's {MOST_BYTES_OF_A_NAME} bytes");
        return Err(NotFound::Refused(Failure::Unwritable(why.into())));
    }
    match link.exchanges.find(&call.exchange, call.method.kind, &link.connection).await {
        Ok(Some(exchange)) => Ok(exchange),
        Ok(None) => Err(NotFound::Refused(call.unroutable(true))),
        Err(error) if error.is_of_channel() => {
            Err(NotFound::Refused(Failure::Lost(Arc::new(Disconnect::from(&error)), Phase::WaitingToSend)))
        }
        Err(error) => Err(NotFound::Unanswered(error)),
    }
}

/// Whether somebody consumed the call's queue when that was last asked, shortly ago.
fn is_served(session: &Session, call: &Prepared) -> bool {
    let queue = session.settings.namespace.queue(call.queue());
    matches!(session.queues.heard(&queue, SERVED_FOR), Some(Served::By { .. }))
}

/// Refuses a call whose queue nobody consumes. A queue that is missing is left to the broker, which knows all bindings.
async fn find_consumer(session: &Session, link: &Link, call: &Prepared) -> Result<(), Failure> {
    let queue = session.settings.namespace.queue(call.queue());
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
