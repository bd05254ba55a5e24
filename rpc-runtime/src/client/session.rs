//! What all clones of a client share: the link of the current epoch, and the tasks that keep it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{
    builder::Settings,
    link::{Link, ReplyFate},
    pending::Ended,
    sweeper::{self, Alarm},
};
use crate::{
    amqp::{Connection, Consumer},
    error::ConnectError,
};

/// Numbers of a client, as of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientStats {
    /// Calls that were sent and wait for their reply.
    pub in_flight: usize,
    /// Replies that came after their call had an answer or its caller had gone, duplicates included. All were dropped.
    pub late_replies: u64,
    /// Messages in the reply queue that answer none of this client's calls. All were dropped.
    pub unknown_replies: u64,
}

/// Which link calls are sent over.
#[derive(Clone)]
pub(super) enum State {
    Ready(Arc<Link>),
    /// The channel was lost, the connection stands: a new link is being opened.
    Reopening,
    Ended(Ended),
}

pub(super) struct Session {
    pub(super) settings: Settings,
    pub(super) slots: Arc<Semaphore>,
    pub(super) alarm: Arc<Alarm>,
    pub(super) connection: Connection,
    state: watch::Sender<State>,
    late_replies: AtomicU64,
    unknown_replies: AtomicU64,
    // Aborted when the session is dropped.
    tasks: Mutex<JoinSet<()>>,
}

impl Session {
    pub(super) async fn start(connection: Connection, settings: Settings) -> Result<Arc<Self>, ConnectError> {
        let (link, replies) = Link::open(&connection, settings.reply_to).await?;
        let link = Arc::new(link);
        let session = Arc::new(Self {
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            alarm: Arc::default(),
            connection,
            state: watch::Sender::new(State::Ready(Arc::clone(&link))),
            late_replies: AtomicU64::new(0),
            unknown_replies: AtomicU64::new(0),
            tasks: Mutex::default(),
        });
        {
            let mut tasks = session.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(keep_link(Arc::downgrade(&session), link, replies));
            tasks.spawn(sweeper::run(Arc::downgrade(&session), Arc::clone(&session.alarm)));
        }
        Ok(session)
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(super) fn watch_state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(*self.state.borrow(), State::Ready(_))
    }

    pub(super) fn stats(&self) -> ClientStats {
        let in_flight = match self.state() {
            State::Ready(link) => link.pending.len(),
            State::Reopening | State::Ended(_) => 0,
        };
        ClientStats {
            in_flight,
            late_replies: self.late_replies.load(Ordering::Relaxed),
            unknown_replies: self.unknown_replies.load(Ordering::Relaxed),
        }
    }

    /// Sweeps the current link, and says how many calls are pending on it.
    pub(super) fn sweep(&self, now: Instant) -> usize {
        let State::Ready(link) = self.state() else { return 0 };
        link.sweep(now);
        link.pending.len()
    }

    pub(super) async fn close(&self) {
        self.end(Ended::Closed);
        self.connection.close().await;
    }

    /// Ends for good: pending, waiting and later calls get this answer. The first reason stays.
    fn end(&self, ended: Ended) {
        let mut link = None;
        self.state.send_if_modified(|state| {
            if matches!(state, State::Ended(_)) {
                return false;
            }
            if let State::Ready(ready) = std::mem::replace(state, State::Ended(ended.clone())) {
                link = Some(ready);
            }
            true
        });
        if let Some(link) = link {
            link.pending.end(ended);
        }
    }

    /// Moves on unless the session has ended meanwhile.
    fn advance(&self, next: State) -> bool {
        self.state.send_if_modified(|state| {
            let open = !matches!(state, State::Ended(_));
            if open {
                *state = next;
            }
            open
        })
    }

    fn count(&self, fate: ReplyFate) {
        match fate {
            ReplyFate::Delivered => {}
            ReplyFate::Late => {
                self.late_replies.fetch_add(1, Ordering::Relaxed);
                tracing::debug!("dropped a reply that came late or twice");
            }
            ReplyFate::Unknown => {
                self.unknown_replies.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(
                    "dropped a message in the reply queue that answers none of this client's calls"
                );
            }
        }
    }
}

/// Hands out replies, and opens the next link when the channel of this one ends, until connection or session do.
async fn keep_link(session: std::sync::Weak<Session>, mut link: Arc<Link>, mut replies: Consumer) {
    loop {
        let reason: Arc<str> = loop {
            match replies.next().await {
                Some(Ok(delivered)) => {
                    let fate = link.receive(delivered);
                    if fate != ReplyFate::Delivered
                        && let Some(session) = session.upgrade()
                    {
                        session.count(fate);
                    }
                }
                Some(Err(error)) => break error.message().into(),
                None => break "the broker cancelled the consumer of the reply queue".into(),
            }
        };
        let Some(strong) = session.upgrade() else { return };
        // Before the pending calls hear of it: whoever calls again at once finds the state that will serve.
        if strong.connection.is_connected() {
            strong.advance(State::Reopening);
        } else {
            strong.end(Ended::Disconnected(Arc::clone(&reason)));
        }
        link.pending.end(Ended::Disconnected(Arc::clone(&reason)));
        if !strong.connection.is_connected() {
            strong.end(Ended::Disconnected(reason));
            return;
        }
        tracing::warn!(%reason, "the client's channel was lost and is opened again");
        match Link::open(&strong.connection, strong.settings.reply_to).await {
            Ok((next, consumer)) => {
                link = Arc::new(next);
                replies = consumer;
                if !strong.advance(State::Ready(Arc::clone(&link))) {
                    return;
                }
            }
            Err(error) => {
                let source =
                    std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
                strong.end(Ended::Disconnected(format!("{error}{source}").into()));
                strong.connection.close().await;
                return;
            }
        }
    }
}
