//! The session: what all clones of a client share, beyond the life of one link.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use amqp_rpc_transport::{Broker, ConnectionState, Disconnect, StateWatch};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::{
    background::Background,
    denied_exchanges::DeniedExchanges,
    link::{FIRST_EPOCH, Link, SweepResult},
    pending::EndReason,
    queue_cache::QueueCache,
    stats::{ClientStats, Counters},
    sweep_trigger::SweepTrigger,
};
use crate::client::settings::Settings;

/// The link that messages are sent over, if there is one.
#[derive(Clone)]
pub(crate) enum SessionState {
    Ready(Arc<Link>),
    /// The last link was lost, or the next could not be made, for this reason.
    Connecting(Arc<Disconnect>),
    /// There is no link, and none is made: the layers of the client end in services of this process.
    InProcess,
    Ended(EndReason),
}

pub(crate) struct Session {
    pub(crate) settings: Settings,
    /// Limits the calls in flight.
    pub(crate) slots: Arc<Semaphore>,
    /// Limits the one-way messages in flight. They wait for the broker alone, and must not keep calls from
    /// being sent.
    pub(crate) one_way_slots: Arc<Semaphore>,
    pub(crate) sweep_trigger: Arc<SweepTrigger>,
    pub(crate) queues: QueueCache,
    pub(crate) denied_exchanges: DeniedExchanges,
    pub(crate) counters: Counters,
    state: watch::Sender<SessionState>,
    /// The state as users see it.
    status: watch::Sender<ConnectionState>,
    // Aborted when the session is dropped.
    tasks: Mutex<JoinSet<()>>,
    /// Keeps the runtime of a blocking client alive. The last field: everything above may need the runtime
    /// while it is dropped.
    background: Option<Arc<Background>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.set_status(ConnectionState::closed("the client was dropped"));
        if let Some(background) = &self.background
            && let SessionState::Ready(link) = self.state()
        {
            background.close_at_end(link.connection.clone());
        }
    }
}

impl Session {
    pub(super) fn new(
        link: Arc<Link>,
        settings: Settings,
        sweep_trigger: Arc<SweepTrigger>,
        background: Option<Arc<Background>>,
    ) -> Self {
        let broker = link.connection.broker();
        Self::with_state(SessionState::Ready(link), broker, settings, sweep_trigger, background)
    }

    /// The session of a client whose messages stay in this process. It is ready until it is closed.
    pub(crate) fn in_process(settings: Settings) -> Self {
        Self::with_state(SessionState::InProcess, Broker::Other, settings, Arc::default(), None)
    }

    fn with_state(
        state: SessionState,
        broker: Broker,
        settings: Settings,
        sweep_trigger: Arc<SweepTrigger>,
        background: Option<Arc<Background>>,
    ) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            one_way_slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            sweep_trigger,
            queues: QueueCache::default(),
            denied_exchanges: DeniedExchanges::default(),
            counters: Counters::default(),
            state: watch::Sender::new(state),
            status: watch::Sender::new(ConnectionState::ready(FIRST_EPOCH, broker)),
            tasks: Mutex::default(),
            background,
        }
    }

    /// Runs `task` until it ends or the session is dropped.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    pub(crate) fn state(&self) -> SessionState {
        self.state.borrow().clone()
    }

    pub(crate) fn watch_state(&self) -> watch::Receiver<SessionState> {
        self.state.subscribe()
    }

    /// Follows the state as users see it.
    pub(crate) fn status(&self) -> StateWatch {
        StateWatch::new(&self.status)
    }

    /// The runtime of a blocking client.
    pub(crate) fn background(&self) -> Option<&Arc<Background>> {
        self.background.as_ref()
    }

    pub(crate) fn stats(&self) -> ClientStats {
        let in_flight = match self.state() {
            SessionState::Ready(link) => link.pending.len(),
            SessionState::InProcess => self.settings.max_in_flight - self.slots.available_permits(),
            SessionState::Connecting(_) | SessionState::Ended(_) => 0,
        };
        self.counters.stats(in_flight)
    }

    /// Sweeps the current link.
    pub(super) fn sweep(&self, now: Instant) -> SweepResult {
        match self.state() {
            SessionState::Ready(link) => link.sweep(now),
            SessionState::Connecting(_) | SessionState::InProcess | SessionState::Ended(_) => {
                SweepResult::default()
            }
        }
    }

    pub(crate) async fn close(&self) {
        if let Some(link) = self.end(EndReason::Closed) {
            link.connection.close().await;
        }
    }

    /// Ends the session for good: pending, waiting and later calls fail with `reason`. The first reason
    /// stays. Returns the last link.
    pub(super) fn end(&self, reason: EndReason) -> Option<Arc<Link>> {
        let mut link = None;
        let has_ended = self.state.send_if_modified(|state| {
            if matches!(state, SessionState::Ended(_)) {
                return false;
            }
            if let SessionState::Ready(ready) = std::mem::replace(state, SessionState::Ended(reason.clone()))
            {
                link = Some(ready);
            }
            true
        });
        if has_ended {
            let text = match &reason {
                EndReason::Closed => "closed by the application".into(),
                EndReason::Disconnected(disconnect) => Arc::clone(&disconnect.reason),
            };
            self.status.send_replace(ConnectionState::closed(text));
        }
        if let Some(link) = &link {
            // A message that was returned before was not taken, although it was confirmed.
            link.settle_returned();
            link.pending.end(reason);
        }
        link
    }

    /// Changes state and status. False when the session has ended.
    pub(super) fn advance(&self, next: SessionState, status: ConnectionState) -> bool {
        self.state.send_if_modified(|state| {
            let is_open = !matches!(state, SessionState::Ended(_));
            if is_open {
                *state = next;
            }
            is_open
        }) && self.set_status(status)
    }

    /// Changes the status while the link stays. False when the session has ended.
    pub(super) fn set_status(&self, next: ConnectionState) -> bool {
        let mut is_open = false;
        self.status.send_if_modified(|status| {
            is_open = !status.is_closed();
            let has_changed = is_open && *status != next;
            if has_changed {
                *status = next;
            }
            has_changed
        });
        is_open
    }
}
