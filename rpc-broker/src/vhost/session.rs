//! What a vhost knows of a connection and its channels.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use amq_protocol::types::ShortString;

use crate::{
    connection::{Capabilities, Link},
    ids::QueueId,
    queue::Queued,
    vhost::{NewSession, confirms::Confirms, permissions::Granted},
};

#[derive(Debug)]
pub(super) struct Session {
    pub(super) link: Arc<Link>,
    pub(super) user: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) capabilities: Capabilities,
    pub(super) channel_max: u16,
    pub(super) channels: HashMap<u16, Channel>,
    /// Close was said, by either side; nothing but its confirmation counts any more.
    pub(super) closing: bool,
    pub(super) granted: Granted,
}

impl Session {
    pub(super) fn new(new: NewSession) -> Self {
        let NewSession { link, user, name, capabilities, channel_max } = new;
        Self {
            link,
            user,
            name,
            capabilities,
            channel_max,
            channels: HashMap::new(),
            closing: false,
            granted: Granted::default(),
        }
    }
}

/// A channel that was opened and not closed.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// We closed it; what comes before close-ok is ignored.
    pub(super) closing: bool,
    /// Tags, with the queue that each consumes.
    pub(super) consumers: HashMap<ShortString, QueueId>,
    /// In the order of their tags.
    pub(super) unacked: VecDeque<Unacked>,
    /// Tags of deliveries that a fault gave back behind the client's back: it may still settle them, without effect.
    pub(super) given_back: BTreeSet<u64>,
    pub(super) last_delivery_tag: u64,
    /// For consumers that come from now on.
    pub(super) prefetch: u16,
    /// For all consumers of the channel together; 0 is no limit.
    pub(super) global_prefetch: u16,
    pub(super) confirms: Option<Confirms>,
    pub(super) reply_consumer: Option<ReplyConsumer>,
    /// What an empty queue name means.
    pub(super) last_queue: Option<ShortString>,
}

/// A delivery that waits for its ack.
#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) tag: u64,
    pub(super) queue: QueueId,
    /// `None` for a message that was got.
    pub(super) consumer: Option<(ShortString, u64)>,
    pub(super) queued: Queued,
}

/// Gets direct replies.
#[derive(Debug)]
pub(super) struct ReplyConsumer {
    pub(super) tag: ShortString,
    /// What clients write into `reply_to`, and what addresses start with.
    pub(super) prefix: &'static str,
    /// The end of its address.
    pub(super) suffix: String,
}

impl Channel {
    pub(super) fn next_delivery_tag(&mut self) -> u64 {
        self.last_delivery_tag += 1;
        self.last_delivery_tag
    }

    /// Whether this settles a delivery that a fault gave back; forgets all it settles.
    pub(super) fn settle_given_back(&mut self, tag: u64, multiple: bool) -> bool {
        let found = self.given_back.remove(&tag);
        if multiple {
            self.given_back.retain(|given_back| tag != 0 && *given_back > tag);
        }
        found
    }

    /// Whether the limit for all its consumers together allows one more delivery.
    pub(super) fn has_room(&self) -> bool {
        if self.global_prefetch == 0 {
            return true;
        }
        let held = self.unacked.iter().filter(|unacked| unacked.consumer.is_some()).count();
        held < usize::from(self.global_prefetch)
    }
}
