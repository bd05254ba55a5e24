//! The state of a virtual host, as data. The methods of [`VhostState`] stand in the folders of the subjects
//! that they handle.

mod channel;
mod confirms;
mod held_confirms;
mod predeclared_exchanges;
mod session;
mod timers;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use amq_protocol::types::ShortString;
use tokio::time::Instant;

pub(super) use channel::{Channel, Delivered, DeliveredTo, ReplyConsumer};
pub(super) use confirms::{ConfirmTag, Confirms, UnsentConfirms};
pub(crate) use held_confirms::NewHold;
pub use held_confirms::ReleaseOrder;
pub(super) use held_confirms::{HeldConfirm, HeldConfirms};
pub(crate) use session::NewSession;
pub(super) use session::Session;
pub(super) use timers::Timers;

use crate::{
    dead_letter::DeadLetter,
    exchange::Exchange,
    ids::{ChannelRef, ConnectionId, QueueId},
    like::Like,
    queue::Queue,
    shared::Shared,
};

/// The state of one virtual host.
pub(crate) struct VhostState {
    pub(super) name: Arc<str>,
    pub(super) shared: Arc<Shared>,
    pub(super) sessions: HashMap<ConnectionId, Session>,
    pub(super) exchanges: HashMap<ShortString, Exchange>,
    pub(super) queues: HashMap<QueueId, Queue>,
    pub(super) queue_names: HashMap<ShortString, QueueId>,
    pub(super) last_queue: u64,
    /// The channels with a consumer of direct replies, by the end of their reply address.
    pub(super) reply_addresses: HashMap<String, ChannelRef>,
    /// Dead letters that are not published yet.
    pub(super) dead_letters: VecDeque<DeadLetter>,
    /// The channels with publishes to confirm.
    pub(super) channels_to_confirm: Vec<ChannelRef>,
    pub(super) held_confirms: HeldConfirms,
    pub(super) timers: Timers,
    /// The time at which the current command is handled.
    pub(super) now: Instant,
}

impl VhostState {
    pub(crate) fn new(name: &str, shared: Arc<Shared>) -> Self {
        Self {
            name: name.into(),
            shared,
            sessions: HashMap::new(),
            exchanges: predeclared_exchanges::predeclared(),
            queues: HashMap::new(),
            queue_names: HashMap::new(),
            last_queue: 0,
            reply_addresses: HashMap::new(),
            dead_letters: VecDeque::new(),
            channels_to_confirm: Vec::new(),
            held_confirms: HeldConfirms::default(),
            timers: Timers::default(),
            now: Instant::now(),
        }
    }

    /// The broker whose rules are followed.
    pub(super) fn like(&self) -> Like {
        self.shared.settings.like
    }
}
