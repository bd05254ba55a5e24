//! Settles deliveries: `basic.ack`, `basic.nack`, `basic.reject`, `basic.recover`.

use std::collections::{BTreeMap, BTreeSet};

use amq_protocol::types::ShortString;

use crate::{
    dead_letter::Reason,
    ids::{ChannelRef, QueueId},
    protocol::{ProtocolError, ReplyCode},
    vhost::{VhostState, state::Delivered},
};

/// The parameters of `basic.nack`, `basic.reject` or `basic.recover`.
#[derive(Clone, Copy)]
struct Rejection {
    tag: u64,
    multiple: bool,
    requeue: bool,
    /// Whether requeueing counts towards the delivery limit of a quorum queue.
    counts_as_return: bool,
}

impl VhostState {
    pub(in crate::vhost) fn ack(
        &mut self,
        at: ChannelRef,
        tag: u64,
        multiple: bool,
    ) -> Result<(), ProtocolError> {
        let settled = self.take_unacked(at, tag, multiple)?;
        for (recipient, group) in by_recipient(settled) {
            for delivered in group {
                self.uncount(&delivered);
                self.shared.memory.subtract(delivered.queued.message.size());
            }
            self.resume_consumers(at, BTreeSet::from([recipient.queue]));
        }
        Ok(())
    }

    /// Since RabbitMQ 4.3, requeueing with `basic.nack` does not count towards a delivery limit.
    pub(in crate::vhost) fn nack(
        &mut self,
        at: ChannelRef,
        tag: u64,
        multiple: bool,
        requeue: bool,
    ) -> Result<(), ProtocolError> {
        let counts_as_return = self.like().nack_counts_as_return();
        self.settle_rejected(at, Rejection { tag, multiple, requeue, counts_as_return })
    }

    pub(in crate::vhost) fn reject(
        &mut self,
        at: ChannelRef,
        tag: u64,
        requeue: bool,
    ) -> Result<(), ProtocolError> {
        self.settle_rejected(at, Rejection { tag, multiple: false, requeue, counts_as_return: true })
    }

    /// Requeues all unacknowledged deliveries of a channel.
    pub(in crate::vhost) fn recover(&mut self, at: ChannelRef) -> Result<(), ProtocolError> {
        self.settle_rejected(at, Rejection { tag: 0, multiple: true, requeue: true, counts_as_return: true })
    }

    fn settle_rejected(&mut self, at: ChannelRef, rejection: Rejection) -> Result<(), ProtocolError> {
        let settled = self.take_unacked(at, rejection.tag, rejection.multiple)?;
        for (Recipient { queue, .. }, group) in by_recipient(settled) {
            let mut returned = Vec::new();
            for delivered in group {
                self.uncount(&delivered);
                if rejection.requeue {
                    returned.push(delivered.queued);
                } else {
                    self.discard(queue, delivered.queued, Reason::Rejected);
                }
            }
            self.requeue(queue, returned, rejection.counts_as_return);
            // A consumer whose own window was full takes its share of what it requeues, after the others.
            self.unpark_within_window(at, queue);
            self.after_requeue(queue);
            self.resume_consumers(at, BTreeSet::from([queue]));
        }
        Ok(())
    }

    /// Removes deliveries from a channel. With `multiple`, all up to the tag; tag 0 then means all.
    fn take_unacked(
        &mut self,
        at: ChannelRef,
        tag: u64,
        multiple: bool,
    ) -> Result<Vec<Delivered>, ProtocolError> {
        let channel = self.open_channel_mut(at);
        let requeued_by_fault = channel.settle_requeued_by_fault(tag, multiple);
        let unacked = &mut channel.unacked;
        if multiple && tag == 0 {
            return Ok(unacked.drain(..).collect());
        }
        match unacked.binary_search_by_key(&tag, |delivered| delivered.tag) {
            Ok(index) if multiple => Ok(unacked.drain(..=index).collect()),
            Ok(index) => Ok(unacked.remove(index).into_iter().collect()),
            Err(end) if requeued_by_fault && multiple => Ok(unacked.drain(..end).collect()),
            Err(_) if requeued_by_fault => Ok(Vec::new()),
            Err(_) => {
                let text = format!("unknown delivery tag {tag}");
                Err(ProtocolError::new(ReplyCode::PreconditionFailed, text))
            }
        }
    }

    /// Subtracts a delivery from the counts of its queue and consumer.
    fn uncount(&mut self, delivered: &Delivered) {
        let Some(queue) = self.queues.get_mut(&delivered.queue) else { return };
        queue.unacked -= 1;
        // A consumer that was cancelled meanwhile is gone, also when its tag is used again.
        if let Some(recipient) = &delivered.consumer
            && let Some(consumer) = queue.consumers.by_id(recipient.id)
        {
            consumer.unsettled -= 1;
        }
    }
}

/// The receiver of deliveries from one queue: a consumer, or one `basic.get`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Recipient {
    queue: QueueId,
    consumer: Option<ShortString>,
    /// The delivery tag of a `basic.get`; 0 for a consumer.
    get_tag: u64,
}

/// Groups deliveries as RabbitMQ settles them: one consumer after the other, in the order of their tags.
/// After each of them the queue delivers again.
fn by_recipient(settled: Vec<Delivered>) -> BTreeMap<Recipient, Vec<Delivered>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for delivered in settled {
        let recipient = Recipient {
            queue: delivered.queue,
            consumer: delivered.consumer.as_ref().map(|consumer| consumer.tag.clone()),
            get_tag: if delivered.consumer.is_none() { delivered.tag } else { 0 },
        };
        groups.entry(recipient).or_default().push(delivered);
    }
    groups
}
