//! The state that the connections and virtual hosts of a broker share.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::time::Instant;

use crate::{
    auth::Users, ids::ConnectionId, interception::FaultRegistry, memory::Memory, settings::Settings,
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) users: Users,
    pub(crate) memory: Arc<Memory>,
    pub(crate) faults: Arc<FaultRegistry>,
    /// When the broker was started: coarse clocks tick from then on.
    pub(crate) started: Instant,
    last_connection: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            memory: Memory::new(settings.memory_limit, settings.max_message_size),
            faults: Arc::default(),
            users: Users::default(),
            started: Instant::now(),
            last_connection: AtomicU64::new(0),
            settings,
        }
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
