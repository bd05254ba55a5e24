//! What all clones of a client share: which link calls are sent over, and what is known beyond one link.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{ConnectionState, Consumer, Disconnect, StateWatch};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{
    background::Background,
    denied_exchanges::Refusals,
    link::{Link, ReplyFate, Swept},
    pending::Ended,
    queues::Queues,
    supervisor::{self, Supervisor},
    sweeper::{self, Alarm},
};
use crate::client::settings::Settings;

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
    /// Requests that were sent again: of `idempotent` methods after their connection was lost, and of any that a stopping server
    /// had not started.
    pub resent: u64,
}

/// Which link calls are sent over.
#[derive(Clone)]
pub(crate) enum State {
    Ready(Arc<Link>),
    /// The last one was lost, or the next could not be made, for this reason.
    Connecting(Arc<Disconnect>),
    Ended(Ended),
}

pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) slots: Arc<Semaphore>,
    /// Of notifications and events, which wait for the broker alone: they must not keep calls from being sent.
    pub(crate) one_way_slots: Arc<Semaphore>,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) queues: Queues,
    pub(crate) refusals: Refusals,
    state: watch::Sender<State>,
    /// The same for users.
    shown: watch::Sender<ConnectionState>,
    late_replies: AtomicU64,
    unknown_replies: AtomicU64,
    hostile_replies: AtomicU64,
    resent: AtomicU64,
    // Aborted when the session is dropped.
    tasks: Mutex<JoinSet<()>>,
    /// Keeps the runtime alive, where nobody else does. Last: everything above may need it while it is dropped.
    background: Option<Arc<Background>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.show(ConnectionState::closed("the client was dropped"));
        if let Some(background) = &self.background
            && let State::Ready(link) = self.state()
        {
            background.close_at_end(link.connection.clone());
        }
    }
}

impl Session {
    pub(crate) fn start(
        link: Link,
        replies: Consumer,
        settings: Settings,
        alarm: Arc<Alarm>,
        supervisor: Supervisor,
        background: Option<Arc<Background>>,
    ) -> Arc<Self> {
        let link = Arc::new(link);
        let session = Arc::new(Self {
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            one_way_slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            alarm,
            queues: Queues::default(),
            refusals: Refusals::default(),
            state: watch::Sender::new(State::Ready(Arc::clone(&link))),
            shown: watch::Sender::new(ConnectionState::ready(supervisor::FIRST_EPOCH)),
            late_replies: AtomicU64::new(0),
            unknown_replies: AtomicU64::new(0),
            hostile_replies: AtomicU64::new(0),
            resent: AtomicU64::new(0),
            tasks: Mutex::default(),
            background,
        });
        {
            let mut tasks = session.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(supervisor.run(Arc::downgrade(&session), link, replies));
            tasks.spawn(sweeper::run(Arc::downgrade(&session), Arc::clone(&session.alarm)));
        }
        session
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// What a blocking client waits with.
    pub(crate) fn background(&self) -> Option<&Arc<Background>> {
        self.background.as_ref()
    }

    pub(crate) fn watch_state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// The state as users see it.
    pub(crate) fn shown(&self) -> StateWatch {
        StateWatch::of(&self.shown)
    }

    pub(crate) fn stats(&self) -> ClientStats {
        let in_flight = match self.state() {
            State::Ready(link) => link.pending.len(),
            State::Connecting(_) | State::Ended(_) => 0,
        };
        ClientStats {
            in_flight,
            late_replies: self.late_replies.load(Ordering::Relaxed),
            unknown_replies: self.unknown_replies.load(Ordering::Relaxed),
            hostile_replies: self.hostile_replies.load(Ordering::Relaxed),
            resent: self.resent.load(Ordering::Relaxed),
        }
    }

    /// Sweeps the current link.
    pub(crate) fn sweep(&self, now: Instant) -> Swept {
        match self.state() {
            State::Ready(link) => link.sweep(now),
            State::Connecting(_) | State::Ended(_) => Swept::default(),
        }
    }

    pub(crate) async fn close(&self) {
        if let Some(link) = self.end(Ended::Closed) {
            link.connection.close().await;
        }
    }

    /// Ends for good: pending, waiting and later calls get this answer. The first reason stays. Returns the link that was.
    pub(crate) fn end(&self, ended: Ended) -> Option<Arc<Link>> {
        let mut link = None;
        let has_ended = self.state.send_if_modified(|state| {
            if matches!(state, State::Ended(_)) {
                return false;
            }
            if let State::Ready(ready) = std::mem::replace(state, State::Ended(ended.clone())) {
                link = Some(ready);
            }
            true
        });
        if has_ended {
            let reason = match &ended {
                Ended::Closed => "closed by the application".into(),
                Ended::Disconnected(lost) => Arc::clone(&lost.reason),
            };
            self.shown.send_replace(ConnectionState::closed(reason));
        }
        if let Some(link) = &link {
            link.pending.end(ended);
        }
        link
    }

    /// Moves on, and shows it, unless the session has ended meanwhile.
    pub(crate) fn advance(&self, next: State, shown: ConnectionState) -> bool {
        self.state.send_if_modified(|state| {
            let open = !matches!(state, State::Ended(_));
            if open {
                *state = next;
            }
            open
        }) && self.show(shown)
    }

    /// Shows another state of the same link. False when the session has ended.
    pub(crate) fn show(&self, next: ConnectionState) -> bool {
        let mut open = false;
        self.shown.send_if_modified(|shown| {
            open = !shown.is_closed();
            let is_news = open && *shown != next;
            if is_news {
                *shown = next;
            }
            is_news
        });
        open
    }

    pub(crate) fn count_resent(&self) {
        self.resent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_hostile(&self) {
        self.hostile_replies.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, fate: ReplyFate) {
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
