//! The state of a channel.

use std::collections::{BTreeSet, HashMap, VecDeque};

use amq_protocol::types::ShortString;

use super::confirms::Confirms;
use crate::{ids::QueueId, queue::Queued};

/// An open channel.
#[derive(Debug, Default)]
pub(in crate::vhost) struct Channel {
    /// The broker has closed the channel. Requests before close-ok are ignored.
    pub(in crate::vhost) closing: bool,
    /// The queue of each consumer, by consumer tag.
    pub(in crate::vhost) consumers: HashMap<ShortString, QueueId>,
    /// The unacknowledged deliveries, in the order of their tags.
    pub(in crate::vhost) unacked: VecDeque<Delivered>,
    /// The tags of deliveries that a fault has requeued. The client may still settle them, without effect.
    pub(in crate::vhost) requeued_by_fault: BTreeSet<u64>,
    pub(in crate::vhost) last_delivery_tag: u64,
    /// The prefetch count of new consumers.
    pub(in crate::vhost) prefetch: u16,
    /// The prefetch count of all consumers of the channel together; 0 is no limit.
    pub(in crate::vhost) global_prefetch: u16,
    pub(in crate::vhost) confirms: Option<Confirms>,
    pub(in crate::vhost) reply_consumer: Option<ReplyConsumer>,
    /// The queue that an empty name means.
    pub(in crate::vhost) last_queue: Option<ShortString>,
}

/// A delivery that waits for its acknowledgement.
#[derive(Debug)]
pub(in crate::vhost) struct Delivered {
    pub(in crate::vhost) tag: u64,
    pub(in crate::vhost) queue: QueueId,
    /// `None` for `basic.get`.
    pub(in crate::vhost) consumer: Option<DeliveredTo>,
    pub(in crate::vhost) queued: Queued,
}

/// The consumer of a delivery.
#[derive(Debug)]
pub(in crate::vhost) struct DeliveredTo {
    pub(in crate::vhost) tag: ShortString,
    /// Distinguishes it from a later consumer with the same tag.
    pub(in crate::vhost) id: u64,
}

/// The consumer of direct replies of a channel.
#[derive(Debug)]
pub(in crate::vhost) struct ReplyConsumer {
    pub(in crate::vhost) tag: ShortString,
    /// The name of the pseudo queue: clients write it into `reply_to`, and the reply address starts with it.
    pub(in crate::vhost) prefix: &'static str,
    /// The end of the reply address.
    pub(in crate::vhost) suffix: String,
}

impl Channel {
    pub(in crate::vhost) fn next_delivery_tag(&mut self) -> u64 {
        self.last_delivery_tag += 1;
        self.last_delivery_tag
    }

    /// Returns whether this settles a delivery that a fault has requeued; removes all that it settles.
    pub(in crate::vhost) fn settle_requeued_by_fault(&mut self, tag: u64, multiple: bool) -> bool {
        let found = self.requeued_by_fault.remove(&tag);
        if multiple {
            self.requeued_by_fault.retain(|requeued| tag != 0 && *requeued > tag);
        }
        found
    }

    /// Returns whether the prefetch count of the whole channel allows one more delivery.
    pub(in crate::vhost) fn has_capacity(&self) -> bool {
        if self.global_prefetch == 0 {
            return true;
        }
        let unacked = self.unacked.iter().filter(|delivered| delivered.consumer.is_some()).count();
        unacked < usize::from(self.global_prefetch)
    }
}
