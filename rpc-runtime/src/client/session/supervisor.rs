//! The task that keeps a client connected: it hands out replies, and makes the next link when one is lost.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{
    Backoff, ConnectError, ConnectOptions, ConnectionState, Consumer, Disconnect, Inbound, chain, reconnect,
};

use super::{
    link::{Link, ReplyFate},
    pending::Ended,
    shared::{Session, State},
};
use crate::client::settings::Manner;

/// The number of a client's first link.
pub(crate) const FIRST_EPOCH: u64 = 1;

/// How links are made.
pub(crate) struct Supervisor {
    pub(crate) options: ConnectOptions,
    pub(crate) inbound: Inbound,
    pub(crate) manner: Manner,
}

impl Supervisor {
    /// Runs until the session has ended, by its user or because the broker was given up.
    pub(crate) async fn run(self, session: Weak<Session>, mut link: Arc<Link>, mut replies: Consumer) {
        let _end_with_runtime = EndWithRuntime(Weak::clone(&session));
        let mut backoff = Backoff::default();
        let mut epoch = FIRST_EPOCH;
        loop {
            let since = Instant::now();
            let lost = tokio::select! {
                biased;
                lost = hand_out(&session, &link, &mut replies) => Arc::new(lost),
                never = show_blocked(&session, &link, epoch) => match never {},
            };
            let Some(strong) = session.upgrade() else { return };
            let reason = Arc::clone(&lost.reason);
            let connecting = ConnectionState::connecting(0, Arc::clone(&reason));
            // Before the pending calls hear of it: whoever calls again at once finds the state that will serve.
            if !strong.advance(State::Connecting(Arc::clone(&lost)), connecting) {
                return;
            }
            tracing::warn!(%reason, epoch, "the client lost its connection or channel, and connects again");
            if let Some(exchange) = lost.refused_exchange() {
                strong.refusals.remember(exchange, reason);
            }
            if link.was_of_use() {
                backoff.reset();
            }
            backoff.reset_after(since.elapsed());
            link.pending.end(Ended::Disconnected(lost));
            // The next link is on a connection of its own, even when only the channel was lost: lapin still writes requests that
            // were queued for the closed channel, and the broker closes the connection when it sees one. The old one is closed
            // as its last call lets go of it.
            drop((link, replies, strong));
            let Some(next) = self.next_link(&session, &mut backoff).await else { return };
            (link, replies) = (Arc::new(next.0), next.1);
            epoch += 1;
            let ready = ConnectionState::ready(epoch);
            let Some(strong) = session.upgrade() else { return };
            if !strong.advance(State::Ready(Arc::clone(&link)), ready) {
                return;
            }
            tracing::info!(epoch, "the client is connected again");
        }
    }

    /// Connects until it works. `None` when the session has ended or the broker was given up, which ends it.
    async fn next_link(&self, session: &Weak<Session>, backoff: &mut Backoff) -> Option<(Link, Consumer)> {
        let failures = AtomicU32::new(0);
        let failed = |error: &ConnectError| {
            let failures = failures.fetch_add(1, Ordering::Relaxed) + 1;
            let lost = Arc::new(Disconnect::new(chain(error).to_string()));
            let connecting = ConnectionState::connecting(failures, Arc::clone(&lost.reason));
            if let Some(session) = session.upgrade() {
                session.advance(State::Connecting(lost), connecting);
            }
        };
        let open = |connection| Link::open(connection, self.manner.clone());
        let connecting = reconnect(&self.options, &self.inbound, backoff, failed, open);
        let mut states = session.upgrade()?.watch_state();
        let connected = tokio::select! {
            connected = connecting => connected,
            _ = states.wait_for(|state| matches!(state, State::Ended(_))) => return None,
        };
        match connected {
            Ok(next) => Some(next),
            Err(error) => {
                let lost = Disconnect::new(chain(&error).to_string());
                session.upgrade()?.end(Ended::Disconnected(Arc::new(lost)));
                None
            }
        }
    }
}

/// Ends the session when the task that holds it is dropped with its runtime: nobody would bring replies or timeouts any more.
struct EndWithRuntime(Weak<Session>);

impl Drop for EndWithRuntime {
    fn drop(&mut self) {
        if let Some(session) = self.0.upgrade() {
            let lost = Disconnect::new("the runtime that this client was connected on has stopped");
            session.end(Ended::Disconnected(Arc::new(lost)));
        }
    }
}

/// Shows when the broker stops taking messages on this link, and when it takes them again.
async fn show_blocked(session: &Weak<Session>, link: &Link, epoch: u64) -> Infallible {
    let mut blocked = link.connection.findings().watch_blocked();
    loop {
        let state = match blocked.borrow_and_update().clone() {
            Some(reason) => {
                tracing::warn!(%reason, "the broker takes no messages");
                ConnectionState::blocked(epoch, reason)
            }
            None => ConnectionState::ready(epoch),
        };
        if let Some(session) = session.upgrade() {
            session.show(state);
        }
        if blocked.changed().await.is_err() {
            return pending().await;
        }
    }
}

/// Hands replies to their calls until there are no more. Returns why.
async fn hand_out(session: &Weak<Session>, link: &Link, replies: &mut Consumer) -> Disconnect {
    loop {
        match replies.next().await {
            Some(Ok(delivered)) => {
                if let Some(refusal) = delivered.refusal.filter(|refusal| refusal.is_hostile())
                    && let Some(session) = session.upgrade()
                {
                    session.count_hostile();
                    tracing::warn!(reason = %refusal, "a hostile message came into the reply queue");
                }
                let fate = link.receive(delivered);
                if fate != ReplyFate::Delivered
                    && let Some(session) = session.upgrade()
                {
                    session.count(fate);
                }
            }
            Some(Err(error)) => return Disconnect::from(&error),
            None => return Disconnect::new("the broker cancelled the consumer of the reply queue"),
        }
    }
}
