//! The task that keeps a client connected: it hands out replies, and makes the next link when one is lost.

use std::{
    convert::Infallible,
    future::{Future, pending},
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{
    Backoff, ConnectError, ConnectOptions, Connection, ConnectionState, Consumer, Disconnect, Inbound,
    reconnect,
};

use super::{
    link::{FIRST_EPOCH, Link},
    pending::EndReason,
    receive::Received,
    shared::{Session, SessionState},
};
use crate::client::settings::LinkOptions;

/// Keeps a client connected: makes the next link when one is lost.
pub(crate) struct Supervisor {
    pub(crate) connect_options: ConnectOptions,
    pub(crate) inbound: Inbound,
    pub(crate) link_options: LinkOptions,
}

impl Supervisor {
    /// Runs until the session has ended, by its user or because reconnecting stops.
    ///
    /// The future ends the session when it is dropped, also before its first poll: a runtime that stops drops
    /// tasks that it has never polled.
    pub(crate) fn run(
        self,
        session: Weak<Session>,
        link: Arc<Link>,
        replies: Consumer,
    ) -> impl Future<Output = ()> + Send {
        let end_with_runtime = EndWithRuntime(Weak::clone(&session));
        async move {
            let _end_with_runtime = end_with_runtime;
            self.supervise(session, link, replies).await;
        }
    }

    async fn supervise(self, session: Weak<Session>, mut link: Arc<Link>, mut replies: Consumer) {
        let mut backoff = Backoff::new(&self.connect_options);
        let mut epoch = FIRST_EPOCH;
        loop {
            let since = Instant::now();
            let disconnect = tokio::select! {
                biased;
                disconnect = receive_replies(&session, &link, &mut replies) => Arc::new(disconnect),
                disconnect = link.until_abandoned() => disconnect,
                never = report_blocked(&session, &link, epoch) => match never {},
            };
            let Some(strong) = session.upgrade() else { return };
            let reason = Arc::clone(&disconnect.reason);
            let connecting = ConnectionState::connecting(0, Arc::clone(&reason));
            // Before the pending calls fail: a caller that tries again at once finds the state that will
            // serve.
            if !strong.advance(SessionState::Connecting(Arc::clone(&disconnect)), connecting) {
                return;
            }
            tracing::warn!(%reason, epoch, "the client lost its connection or channel, and reconnects");
            if let Some(exchange) = disconnect.refused_exchange() {
                strong.denied_exchanges.remember(exchange, reason);
            }
            if link.has_received() {
                backoff.reset();
            }
            backoff.reset_after(since.elapsed());
            let is_low_on_disk = disconnect.is_low_on_disk;
            // A message that was returned before the loss was not taken, although it was confirmed.
            link.settle_returned();
            link.pending.end_with_channel(disconnect);
            // The next link is on a connection of its own, even when only the channel was lost: its number is
            // not used again. The old one is closed when its last call drops it.
            drop((link, replies, strong));
            let next = self.next_link(&session, &mut backoff, is_low_on_disk).await;
            let Some(next) = next else { return };
            (link, replies) = (Arc::new(next.0), next.1);
            epoch += 1;
            let broker = link.connection.broker();
            let ready = ConnectionState::ready(epoch, broker);
            let Some(strong) = session.upgrade() else { return };
            if !strong.advance(SessionState::Ready(Arc::clone(&link)), ready) {
                return;
            }
            tracing::info!(epoch, %broker, "the client has reconnected");
        }
    }

    /// Connects until it works; where the broker `is_low_on_disk`, until it accepts messages. `None` when the
    /// session has ended, or reconnecting stops and ends it.
    async fn next_link(
        &self,
        session: &Weak<Session>,
        backoff: &mut Backoff,
        is_low_on_disk: bool,
    ) -> Option<(Link, Consumer)> {
        let failures = AtomicU32::new(0);
        let failed = |error: &ConnectError| {
            let failures = failures.fetch_add(1, Ordering::Relaxed) + 1;
            let disconnect = Arc::new(Disconnect::from(error));
            let connecting = ConnectionState::connecting(failures, Arc::clone(&disconnect.reason));
            if let Some(session) = session.upgrade() {
                session.advance(SessionState::Connecting(disconnect), connecting);
            }
        };
        let open = async |connection: Connection| {
            if is_low_on_disk {
                connection.try_publishing().await?;
            }
            Link::open(connection, self.link_options.clone()).await
        };
        let connecting = reconnect(&self.connect_options, &self.inbound, backoff, failed, open);
        let mut states = session.upgrade()?.watch_state();
        let connected = tokio::select! {
            connected = connecting => connected,
            _ = states.wait_for(|state| matches!(state, SessionState::Ended(_))) => return None,
        };
        match connected {
            Ok(next) => Some(next),
            Err(error) => {
                session.upgrade()?.end(EndReason::Disconnected(Arc::new(Disconnect::from(&error))));
                None
            }
        }
    }
}

/// Ends the session when the task that holds it is dropped with its runtime: no task would bring replies or
/// timeouts any more.
struct EndWithRuntime(Weak<Session>);

impl Drop for EndWithRuntime {
    fn drop(&mut self) {
        if let Some(session) = self.0.upgrade() {
            let disconnect = Disconnect::new("the runtime that this client was connected on has stopped");
            session.end(EndReason::Disconnected(Arc::new(disconnect)));
        }
    }
}

/// Reports that the broker blocks publishing on this link, and that it takes messages again.
async fn report_blocked(session: &Weak<Session>, link: &Link, epoch: u64) -> Infallible {
    let (broker, mut blocked) = (link.connection.broker(), link.connection.findings().watch_blocked());
    loop {
        let state = match blocked.borrow_and_update().clone() {
            Some(reason) => {
                tracing::warn!(%broker, %reason, "the broker blocks publishers");
                ConnectionState::blocked(epoch, broker, reason)
            }
            None => ConnectionState::ready(epoch, broker),
        };
        if let Some(session) = session.upgrade() {
            session.set_status(state);
        }
        if blocked.changed().await.is_err() {
            return pending().await;
        }
    }
}

/// Hands replies to their calls until the consumer ends. Returns why it did.
async fn receive_replies(session: &Weak<Session>, link: &Link, replies: &mut Consumer) -> Disconnect {
    loop {
        match replies.next().await {
            Some(Ok(delivered)) => {
                link.receive(delivered, |received| {
                    if received != Received::Reply
                        && let Some(session) = session.upgrade()
                    {
                        session.counters.count_received(received);
                    }
                });
            }
            Some(Err(error)) => return Disconnect::from(&link.connection.reason_of_loss(error)),
            None => return Disconnect::new("the broker cancelled the consumer of the reply queue"),
        }
    }
}
