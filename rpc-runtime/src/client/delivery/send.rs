//! Sends a message: at once when everything is ready, else after waiting for a slot, a link and the exchange.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::BrokerError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, futures::Notified, watch};

use super::{
    attempt::{AdmittedMessage, Attempt, SentMessage, TrySendError},
    error::DeliveryError,
    lookup::{self, LookupError},
    message::OutgoingMessage,
    publish::SendError,
};
use crate::client::session::{
    exchange_cache::Exchange,
    link::Link,
    pending::EndReason,
    shared::{Session, SessionState},
};

/// Limits the wait for the loss of a link after a query on it has failed.
const LOSS_NOTICED_WITHIN: Duration = Duration::from_secs(1);

/// The reason of an `expect`.
const SENDER_IS_HELD: &str = "the session, which sends the states, is held here";

/// A message that waits to be sent, within its timeout.
pub(crate) type Sending<S> = Pin<Box<dyn Future<Output = Result<S, DeliveryError>> + Send>>;

/// Where a message stands after its first poll.
pub(crate) enum Start<S> {
    Sent(S),
    Waiting(Sending<S>),
    Failed(DeliveryError),
}

/// Sends at once if nothing is in the way: the future that waits is large, and costs much even where it does
/// not have to wait.
pub(crate) fn start<S: SentMessage>(
    session: Arc<Session>,
    message: OutgoingMessage,
    timeout: Duration,
) -> Start<S> {
    if timeout.is_zero() {
        return Start::Failed(DeliveryError::NotSentInTime { not_connected: None });
    }
    // `Duration::MAX` is beyond what the clock can count: no deadline.
    let deadline = Instant::now().checked_add(timeout);
    if let SessionState::Ready(link) = session.state()
        && (!message.fails_fast || lookup::is_served(&session, &message))
        && let Some(exchange) = link.exchanges.get(&message.exchange)
        && let Some(publisher) = S::ready_publisher(&session, &link, &message)
        && let Ok(slot) = Arc::clone(S::slots(&session)).try_acquire_owned()
    {
        let attempt = Attempt { session: &session, link: &link, exchange, publisher };
        return match S::send(attempt, AdmittedMessage { message, deadline, slot }) {
            Ok(sent) => Start::Sent(sent),
            Err(unsent) if unsent.error.is_passing(&session) => {
                let AdmittedMessage { message, deadline, slot } = unsent.message;
                Start::Waiting(Box::pin(send_in_time(session, message, deadline, Some(slot))))
            }
            Err(unsent) => Start::Failed(unsent.error.into()),
        };
    }
    Start::Waiting(Box::pin(send_in_time(session, message, deadline, None)))
}

/// Waits until the message can be sent, until `deadline`. `slot`: of a message that has one already.
pub(super) async fn send_in_time<S: SentMessage>(
    session: Arc<Session>,
    message: OutgoingMessage,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<S, DeliveryError> {
    let sending = send_when_ready(Arc::clone(&session), message, deadline, slot);
    match deadline {
        None => sending.await,
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), sending).await {
            Ok(sent) => sent,
            Err(_) => {
                Err(DeliveryError::NotSentInTime { not_connected: why_not_connected(&session.state()) })
            }
        },
    }
}

fn why_not_connected(state: &SessionState) -> Option<Arc<str>> {
    match state {
        SessionState::Connecting(disconnect) => Some(Arc::clone(&disconnect.reason)),
        SessionState::Ready(link) => link.connection.findings().blocked(),
        SessionState::InProcess | SessionState::Ended(_) => None,
    }
}

async fn send_when_ready<S: SentMessage>(
    session: Arc<Session>,
    message: OutgoingMessage,
    deadline: Option<Instant>,
    slot: Option<OwnedSemaphorePermit>,
) -> Result<S, DeliveryError> {
    let mut states = session.watch_state();
    let slot = match slot {
        Some(slot) => slot,
        None => acquire_slot(&session, S::slots(&session)).await?,
    };
    let mut message = AdmittedMessage { message, deadline, slot };
    loop {
        let link = next_link(&session, &mut states).await?;
        let Some(found) = look_up::<S>(&session, &link, &message.message, &mut states).await? else {
            continue;
        };
        // Made before the attempt, so that no notification is missed.
        let capacity = S::capacity(&link).notified();
        let blocked = link.connection.findings().watch_blocked();
        let LookedUp { exchange, publisher } = found;
        let attempt = Attempt { session: &session, link: &link, exchange, publisher };
        let TrySendError { error, message: unsent } = match S::send(attempt, message) {
            Ok(sent) => return Ok(sent),
            Err(unsent) => *unsent,
        };
        message = unsent;
        wait_after(error, &session, &mut states, capacity, blocked).await?;
    }
}

/// A session that ends must not be waited for: the slots may never be released then.
pub(in crate::client) async fn acquire_slot(
    session: &Session,
    slots: &Arc<Semaphore>,
) -> Result<OwnedSemaphorePermit, DeliveryError> {
    tokio::select! {
        slot = Arc::clone(slots).acquire_owned() => Ok(slot.expect("the semaphore is never closed")),
        reason = end_of(session.watch_state()) => Err(DeliveryError::Ended(reason)),
    }
}

/// Waits until the session has ended.
pub(in crate::client) async fn end_of(mut states: watch::Receiver<SessionState>) -> EndReason {
    let state = states.wait_for(|state| matches!(state, SessionState::Ended(_))).await;
    match state.as_deref() {
        Ok(SessionState::Ended(reason)) => reason.clone(),
        _ => EndReason::Closed,
    }
}

/// Waits for a link that is not blocked. While it is blocked the broker replies to nothing else either.
async fn next_link(
    session: &Session,
    states: &mut watch::Receiver<SessionState>,
) -> Result<Arc<Link>, DeliveryError> {
    loop {
        let state = states.borrow_and_update().clone();
        let link = match state {
            SessionState::Ended(reason) => return Err(DeliveryError::Ended(reason)),
            // On a broker that says so only by refusing.
            SessionState::Connecting(disconnect)
                if disconnect.is_low_on_disk && !session.settings.waits_while_blocked =>
            {
                return Err(DeliveryError::Blocked(Arc::clone(&disconnect.reason)));
            }
            SessionState::Connecting(_) => {
                states.changed().await.expect(SENDER_IS_HELD);
                continue;
            }
            SessionState::Ready(link) => link,
            SessionState::InProcess => unreachable!("its client has a service that sends nothing"),
        };
        match link.connection.findings().blocked() {
            None => return Ok(link),
            Some(reason) if !session.settings.waits_while_blocked => {
                return Err(DeliveryError::Blocked(reason));
            }
            Some(_) => wait_while_blocked(link.connection.findings().watch_blocked(), states).await,
        }
    }
}

/// Waits until the broker takes messages again, or the state of the session changes.
async fn wait_while_blocked(
    mut blocked: watch::Receiver<Option<Arc<str>>>,
    states: &mut watch::Receiver<SessionState>,
) {
    tokio::select! {
        _ = blocked.wait_for(Option::is_none) => {}
        _ = states.changed() => {}
    }
}

/// The results of the look-ups for an attempt.
struct LookedUp<Publisher> {
    exchange: Arc<Exchange>,
    publisher: Publisher,
}

/// Asks the broker for what is not known yet. `None` when the state of the session has changed: the next link
/// is asked then.
async fn look_up<S: SentMessage>(
    session: &Session,
    link: &Link,
    message: &OutgoingMessage,
    states: &mut watch::Receiver<SessionState>,
) -> Result<Option<LookedUp<S::Publisher>>, DeliveryError> {
    let find = async {
        let exchange = lookup::find_exchange(session, link, message).await?;
        if message.fails_fast {
            lookup::check_consumers(session, link, message).await.map_err(LookupError::Failed)?;
        }
        let publisher = S::open_publisher(link).await.map_err(LookupError::Unanswered)?;
        Ok(LookedUp { exchange, publisher })
    };
    // The broker may never reply on a connection that ends meanwhile.
    let found = tokio::select! {
        biased;
        found = find => found,
        _ = states.changed() => return Ok(None),
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(LookupError::Failed(error)) => Err(error),
        Err(LookupError::Unanswered(error)) => wait_for_loss(&error, states).await.map(|()| None),
    }
}

/// Most likely the link is being lost, and the next one is asked again.
async fn wait_for_loss(
    error: &BrokerError,
    states: &mut watch::Receiver<SessionState>,
) -> Result<(), DeliveryError> {
    match tokio::time::timeout(LOSS_NOTICED_WITHIN, states.changed()).await {
        Ok(_) => Ok(()),
        Err(_) => Err(lookup::not_sent_over_lost_link(error)),
    }
}

/// Waits until another attempt may succeed. Fails where it would not.
async fn wait_after(
    error: SendError,
    session: &Session,
    states: &mut watch::Receiver<SessionState>,
    capacity: Notified<'_>,
    blocked: watch::Receiver<Option<Arc<str>>>,
) -> Result<(), DeliveryError> {
    if !error.is_passing(session) {
        return Err(error.into());
    }
    match error {
        SendError::Congested => {
            session.sweep_trigger.wake();
            tokio::select! {
                () = capacity => {}
                _ = states.changed() => {}
            }
        }
        SendError::Blocked(_) => wait_while_blocked(blocked, states).await,
        _ => states.changed().await.expect(SENDER_IS_HELD),
    }
    Ok(())
}

impl SendError {
    /// True when the message waits for another attempt.
    fn is_passing(&self, session: &Session) -> bool {
        match self {
            Self::Ended(_) | Self::Congested => true,
            Self::Blocked(_) => session.settings.waits_while_blocked,
            Self::TooLate | Self::Unwritable(_) => false,
        }
    }
}
