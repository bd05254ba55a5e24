//! A request that was sent to several servers, and waits for their answers.

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::{BrokerError, Disconnect};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::{
    attempt::{AdmittedMessage, Attempt, SentMessage, TrySendError},
    error::DeliveryError,
    message::OutgoingMessage,
    publish::publish_to_all,
    send::send_in_time,
};
use crate::{
    client::session::{
        link::Link,
        pending::{
            EndReason,
            gathers::{Answer, Gather},
        },
        shared::{Session, SessionState},
    },
    error::Phase,
};

/// A request that was sent. Dropping it ends the wait: later answers are discarded.
pub(crate) struct Gathering {
    session: Arc<Session>,
    link: Arc<Link>,
    gather: Gather,
    pub(crate) sent_at: Instant,
    /// It counts as one call in flight.
    _slot: OwnedSemaphorePermit,
}

/// The end of a wait for the next answer.
pub(crate) enum Next {
    Answer(Answer),
    /// The time was over.
    Quiet,
}

impl Gathering {
    /// Sends the request, as soon as it can be sent within its timeout.
    ///
    /// # Errors
    /// As for a call that was not sent.
    pub(crate) async fn start(
        session: &Arc<Session>,
        message: OutgoingMessage,
        deadline: Instant,
    ) -> Result<Self, DeliveryError> {
        send_in_time(Arc::clone(session), message, Some(deadline), None).await
    }

    /// Waits for the next answer until `end`.
    ///
    /// # Errors
    /// When the link was lost: there may be answers that did not come.
    pub(crate) async fn next(&mut self, end: Instant) -> Result<Next, DeliveryError> {
        let mut states = self.session.watch_state();
        tokio::select! {
            biased;
            Some(answer) = self.gather.answers.recv() => Ok(Next::Answer(answer)),
            lost = lost(&mut states, &self.link) => Err(lost),
            () = tokio::time::sleep_until(end.into()) => Ok(Next::Quiet),
        }
    }
}

/// Resolves when the session has another link, or none.
async fn lost(states: &mut watch::Receiver<SessionState>, link: &Arc<Link>) -> DeliveryError {
    let is_lost =
        |state: &SessionState| !matches!(state, SessionState::Ready(ready) if Arc::ptr_eq(ready, link));
    let state = states.wait_for(is_lost).await.as_deref().ok().cloned();
    let disconnect = match state {
        Some(
            SessionState::Connecting(disconnect) | SessionState::Ended(EndReason::Disconnected(disconnect)),
        ) => disconnect,
        Some(SessionState::Ready(_)) => Arc::new(Disconnect::new("the client has reconnected")),
        Some(SessionState::Ended(EndReason::Closed) | SessionState::InProcess) | None => {
            Arc::new(Disconnect::new("this client was closed"))
        }
    };
    DeliveryError::Disconnected(disconnect, Phase::Sent)
}

impl SentMessage for Gathering {
    /// Published on the link's own channel.
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
        let Attempt { session, link, exchange, .. } = attempt;
        let sent_at = Instant::now();
        match publish_to_all(link, &message.message, message.deadline) {
            Ok(gather) => {
                exchange.count();
                // It settles what the broker returns.
                session.sweep_trigger.wake();
                let (session, link) = (Arc::clone(session), Arc::clone(link));
                Ok(Self { session, link, gather, sent_at, _slot: message.slot })
            }
            Err(error) => Err(Box::new(TrySendError { error, message })),
        }
    }
}
