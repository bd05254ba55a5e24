//! Settling deliveries: ack, nack, reject, recover.

use std::collections::{BTreeMap, BTreeSet};

use amq_protocol::types::ShortString;

use crate::{
    dead_letter::Reason,
    ids::{ChannelRef, QueueId},
    queue::Queued,
    refusal::{Code, Refusal},
    vhost::{Vhost, session::Unacked},
};

impl Vhost {
    pub(super) fn ack(&mut self, at: ChannelRef, tag: u64, multiple: bool) -> Result<(), Refusal> {
        let settled = self.take_unacked(at, tag, multiple)?;
        for ((queue, ..), group) in by_consumer(settled) {
            for unacked in group {
                self.release(&unacked);
                self.shared.memory.subtract(unacked.queued.message.size());
            }
            self.make_room(at, BTreeSet::from([queue]));
        }
        Ok(())
    }

    /// RabbitMQ 4.3 does not count what is given back this way towards a delivery limit; before, it did.
    pub(super) fn nack(
        &mut self,
        at: ChannelRef,
        tag: u64,
        multiple: bool,
        requeue: bool,
    ) -> Result<(), Refusal> {
        self.refuse(at, tag, multiple, requeue, !self.shared.settings.strict_4_3)
    }

    pub(super) fn reject(&mut self, at: ChannelRef, tag: u64, requeue: bool) -> Result<(), Refusal> {
        self.refuse(at, tag, false, requeue, true)
    }

    fn refuse(
        &mut self,
        at: ChannelRef,
        tag: u64,
        multiple: bool,
        requeue: bool,
        counts: bool,
    ) -> Result<(), Refusal> {
        let settled = self.take_unacked(at, tag, multiple)?;
        for ((queue, ..), group) in by_consumer(settled) {
            let mut returned = Vec::new();
            for unacked in group {
                self.release(&unacked);
                if requeue {
                    returned.push(unacked.queued);
                } else {
                    self.discard(queue, unacked.queued, Reason::Rejected);
                }
            }
            self.put_back(queue, returned, counts);
            self.after_return(queue);
            self.make_room(at, BTreeSet::from([queue]));
        }
        Ok(())
    }

    /// Gives back everything the channel holds.
    pub(super) fn recover(&mut self, at: ChannelRef) -> Result<(), Refusal> {
        self.refuse(at, 0, true, true, true)
    }

    /// Takes deliveries off a channel. With `multiple`, all up to the tag; tag 0 then means all there are.
    fn take_unacked(&mut self, at: ChannelRef, tag: u64, multiple: bool) -> Result<Vec<Unacked>, Refusal> {
        let channel = self.open_channel_mut(at);
        let given_back = channel.settle_given_back(tag, multiple);
        let unacked = &mut channel.unacked;
        if multiple && tag == 0 {
            return Ok(unacked.drain(..).collect());
        }
        match unacked.binary_search_by_key(&tag, |unacked| unacked.tag) {
            Ok(index) if multiple => Ok(unacked.drain(..=index).collect()),
            Ok(index) => Ok(unacked.remove(index).into_iter().collect()),
            Err(end) if given_back && multiple => Ok(unacked.drain(..end).collect()),
            Err(_) if given_back => Ok(Vec::new()),
            Err(_) => Err(Refusal::new(Code::PreconditionFailed, format!("unknown delivery tag {tag}"))),
        }
    }

    /// Takes a delivery off the counts of its queue and consumer.
    fn release(&mut self, unacked: &Unacked) {
        let Some(queue) = self.queues.get_mut(&unacked.queue) else { return };
        queue.unacked -= 1;
        // One that was cancelled in between is not there any more, also when its tag consumes again.
        if let Some((_, id)) = &unacked.consumer
            && let Some(consumer) = queue.consumers.by_id(*id)
        {
            consumer.unsettled -= 1;
        }
    }

    /// Deliveries were settled: their consumers may take more, and with a limit for the whole channel, so may its others.
    pub(super) fn make_room(&mut self, at: ChannelRef, mut queues: BTreeSet<QueueId>) {
        if let Some(channel) = self.channel(at)
            && channel.global_prefetch > 0
        {
            queues.extend(channel.consumers.values().copied());
        }
        for id in queues {
            let Some(queue) = self.queues.get_mut(&id) else { continue };
            if queue.consumers.unpark(|consumer| consumer.at == at && consumer.has_room()) {
                self.deliver(id);
            }
        }
    }

    /// Takes back deliveries whose channel is gone; it must be followed by [`after_return`](Self::after_return).
    pub(super) fn give_back(&mut self, id: QueueId, returned: Vec<Queued>, counts: bool) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.unacked -= returned.len();
        }
        self.put_back(id, returned, counts);
    }

    /// Puts messages back where they were. Those that came back too often go where dead letters go.
    fn put_back(&mut self, id: QueueId, returned: Vec<Queued>, counts: bool) {
        let mut kept = Vec::with_capacity(returned.len());
        for mut queued in returned {
            let Some(queue) = self.queues.get(&id) else {
                self.shared.memory.subtract(queued.message.size());
                continue;
            };
            queued.redelivered = true;
            queued.returned += u32::from(counts);
            if queue.arguments.delivery_limit.is_some_and(|limit| queued.returned > limit) {
                self.discard(id, queued, Reason::DeliveryLimit);
            } else {
                kept.push(queued);
            }
        }
        let Some(queue) = self.queues.get_mut(&id) else { return };
        // From the last one on: then each goes to the head, which costs nothing.
        kept.sort_unstable_by_key(|queued| std::cmp::Reverse(queued.position));
        for queued in kept {
            queue.put(queued);
        }
    }

    /// Messages have come back: limits and expiry apply again, then whoever can takes them.
    pub(super) fn after_return(&mut self, id: QueueId) {
        self.drop_overflow(id);
        self.drop_expired(id);
        self.deliver(id);
    }
}

/// A queue, and the consumer to which it delivered or the tag under which a message of it was got.
type Recipient = (QueueId, Option<ShortString>, u64);

/// RabbitMQ settles for one consumer after the other, in the order of their tags, and what the queue can do then, it does at once.
fn by_consumer(settled: Vec<Unacked>) -> BTreeMap<Recipient, Vec<Unacked>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for unacked in settled {
        let got = if unacked.consumer.is_none() { unacked.tag } else { 0 };
        groups
            .entry((unacked.queue, unacked.consumer.as_ref().map(|(tag, _)| tag.clone()), got))
            .or_default()
            .push(unacked);
    }
    groups
}
