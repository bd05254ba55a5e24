//! What all clones of a client share: the link of the current epoch, and the tasks that keep it.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
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
use crate::amqp::{Consumer, connect};

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
    /// Messages in the reply queue whose properties were not UTF-8, nested too deep or malformed. Those with a readable
    /// correlation id failed their call with `Decode`; the others count as unknown as well.
    pub hostile_replies: u64,
}

/// Which link calls are sent over.
#[derive(Clone)]
pub(super) enum State {
    Ready(Arc<Link>),
    /// The channel was lost: a new link is being opened, over a new connection.
    Reopening,
    Ended(Ended),
}

pub(super) struct Session {
    pub(super) settings: Settings,
    pub(super) slots: Arc<Semaphore>,
    pub(super) alarm: Arc<Alarm>,
    state: watch::Sender<State>,
    late_replies: AtomicU64,
    unknown_replies: AtomicU64,
    hostile_replies: AtomicU64,
    // Aborted when the session is dropped.
    tasks: Mutex<JoinSet<()>>,
}

impl Session {
    pub(super) fn start(link: Link, replies: Consumer, settings: Settings, alarm: Arc<Alarm>) -> Arc<Self> {
        let link = Arc::new(link);
        let session = Arc::new(Self {
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            alarm,
            state: watch::Sender::new(State::Ready(Arc::clone(&link))),
            late_replies: AtomicU64::new(0),
            unknown_replies: AtomicU64::new(0),
            hostile_replies: AtomicU64::new(0),
            tasks: Mutex::default(),
        });
        {
            let mut tasks = session.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(keep_link(Arc::downgrade(&session), link, replies));
            tasks.spawn(sweeper::run(Arc::downgrade(&session), Arc::clone(&session.alarm)));
        }
        session
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
            hostile_replies: self.hostile_replies.load(Ordering::Relaxed),
        }
    }

    /// Sweeps the current link. Returns whether there is more to sweep.
    pub(super) fn sweep(&self, now: Instant) -> bool {
        match self.state() {
            State::Ready(link) => link.sweep(now),
            State::Reopening | State::Ended(_) => false,
        }
    }

    pub(super) async fn close(&self) {
        if let Some(link) = self.end(Ended::Closed) {
            link.connection.close().await;
        }
    }

    /// Ends for good: pending, waiting and later calls get this answer. The first reason stays. Returns the link that was.
    fn end(&self, ended: Ended) -> Option<Arc<Link>> {
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
        if let Some(link) = &link {
            link.pending.end(ended);
        }
        link
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

/// Ends the session when the task that holds it is dropped with its runtime: nobody would bring replies or timeouts any more.
struct EndWithRuntime(Weak<Session>);

impl Drop for EndWithRuntime {
    fn drop(&mut self) {
        if let Some(session) = self.0.upgrade() {
            session
                .end(Ended::Disconnected("the runtime that this client was connected on has stopped".into()));
        }
    }
}

/// Hands out replies, and opens the next link when only the channel of this one is lost. Ends with connection or session.
async fn keep_link(session: Weak<Session>, mut link: Arc<Link>, mut replies: Consumer) {
    let _end_with_runtime = EndWithRuntime(Weak::clone(&session));
    loop {
        let (reason, connection_lost) = hand_out(&session, &link, &mut replies).await;
        let reason: Arc<str> = reason.into();
        let Some(strong) = session.upgrade() else { return };
        // Before the pending calls hear of it: whoever calls again at once finds the state that will serve.
        if connection_lost {
            strong.end(Ended::Disconnected(Arc::clone(&reason)));
            link.pending.end(Ended::Disconnected(reason));
            return;
        }
        if !strong.advance(State::Reopening) {
            return;
        }
        tracing::warn!(%reason, "the client's channel was lost and another one is opened");
        link.pending.end(Ended::Disconnected(reason));
        // On a connection of its own: lapin still writes requests that were queued for the closed channel, and the broker closes
        // the old connection when it sees one. That one is closed as its last call lets go of it.
        let reply_to = strong.settings.reply_to;
        let (options, inbound) = link.connection.options();
        match connect(options, inbound, |connection| Link::open(connection, reply_to)).await {
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
                return;
            }
        }
    }
}

/// Hands replies to their calls until there are no more. Returns why, and whether the connection is lost as well.
async fn hand_out(session: &Weak<Session>, link: &Link, replies: &mut Consumer) -> (String, bool) {
    loop {
        match replies.next().await {
            Some(Ok(delivered)) => {
                if let Some(refusal) = delivered.refusal.filter(|refusal| refusal.is_hostile())
                    && let Some(session) = session.upgrade()
                {
                    session.hostile_replies.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(reason = %refusal, "a hostile message came into the reply queue");
                }
                let fate = link.receive(delivered);
                if fate != ReplyFate::Delivered
                    && let Some(session) = session.upgrade()
                {
                    session.count(fate);
                }
            }
            Some(Err(error)) => return (error.message().to_owned(), !error.is_of_channel()),
            None => {
                let reason = "the broker cancelled the consumer of the reply queue";
                return (reason.to_owned(), !link.connection.is_connected());
            }
        }
    }
}
