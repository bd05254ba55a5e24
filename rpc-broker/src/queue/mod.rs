//! A queue: its ready messages, in order, and its consumers. Plain data; the virtual host moves the messages.

pub(crate) mod arguments;
pub(crate) mod consumer_arguments;
mod consumers;
pub(crate) mod expiration;

use std::collections::VecDeque;

use amq_protocol::types::{FieldTable, ShortString};
use tokio::time::Instant;

pub(crate) use arguments::{QueueArguments, QueueKind};
pub(crate) use consumers::{Consumer, Consumers};

use crate::{
    ids::{ConnectionId, QueueId},
    message::Message,
};

/// A message in a queue, or on its way to a consumer.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    /// The position in the queue, which a requeued message gets back.
    pub(crate) position: u64,
    pub(crate) message: Message,
    pub(crate) redelivered: bool,
    /// How many times it was returned to the queue.
    pub(crate) returned: u32,
    pub(crate) expires: Option<Instant>,
}

impl Queued {
    /// The bytes that count for `x-max-length-bytes`: the body, as with RabbitMQ.
    fn size(&self) -> u64 {
        self.message.body.len() as u64
    }
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    pub(crate) name: ShortString,
    pub(crate) durable: bool,
    pub(crate) auto_delete: bool,
    pub(crate) exclusive: Option<ConnectionId>,
    /// As declared, for comparing with later declarations.
    pub(crate) declared: FieldTable,
    pub(crate) arguments: QueueArguments,
    pub(crate) consumers: Consumers,
    pub(crate) had_consumers: bool,
    /// The number of unacknowledged deliveries.
    pub(crate) unacked: usize,
    /// When the queue was last consumed from, declared, or read with `basic.get`: for `x-expires`.
    pub(crate) unused_since: Instant,
    /// When a timer checks the head for expiry.
    pub(crate) next_check: Option<Instant>,
    ready: VecDeque<Queued>,
    ready_bytes: u64,
    next_position: u64,
}

impl Queue {
    pub(crate) fn new(
        id: QueueId,
        name: ShortString,
        declared: FieldTable,
        arguments: QueueArguments,
    ) -> Self {
        Self {
            id,
            name,
            durable: false,
            auto_delete: false,
            exclusive: None,
            declared,
            consumers: Consumers::new(arguments.single_active_consumer),
            arguments,
            had_consumers: false,
            unacked: 0,
            unused_since: Instant::now(),
            next_check: None,
            ready: VecDeque::new(),
            ready_bytes: 0,
            next_position: 0,
        }
    }

    /// Returns whether deliveries have the header `x-delivery-count`: those of quorum queues do, and on LavinMQ
    /// those of queues with a delivery limit.
    pub(crate) fn counts_deliveries(&self) -> bool {
        match self.arguments.kind {
            QueueKind::Classic => false,
            QueueKind::Quorum => true,
            QueueKind::Any => self.arguments.delivery_limit.is_some(),
        }
    }

    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Queued> {
        self.ready.iter()
    }

    /// Gives a new message its position. It is not in the queue yet.
    pub(crate) fn receive(&mut self, message: Message, expires: Option<Instant>) -> Queued {
        self.next_position += 1;
        Queued { position: self.next_position, message, redelivered: false, returned: 0, expires }
    }

    /// Inserts a message at its position: new messages at the end, requeued ones where they were.
    pub(crate) fn put(&mut self, queued: Queued) {
        self.ready_bytes += queued.size();
        if self.ready.back().is_none_or(|last| last.position < queued.position) {
            self.ready.push_back(queued);
            return;
        }
        let index = self.ready.partition_point(|other| other.position < queued.position);
        self.ready.insert(index, queued);
    }

    pub(crate) fn take(&mut self) -> Option<Queued> {
        let head = self.ready.pop_front()?;
        self.ready_bytes -= head.size();
        Some(head)
    }

    /// Removes the head if it has expired.
    pub(crate) fn take_expired(&mut self, now: Instant) -> Option<Queued> {
        if self.next_expiry()? <= now { self.take() } else { None }
    }

    /// When the head expires. Messages behind it are not checked, as in RabbitMQ's queues.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.ready.front()?.expires
    }

    /// Returns whether one more message would exceed the queue's limits.
    pub(crate) fn is_full_for(&self, message: &Message) -> bool {
        self.exceeds(self.ready.len() as u64 + 1, self.ready_bytes + message.body.len() as u64)
    }

    /// Returns whether the ready messages exceed the queue's limits.
    pub(crate) fn exceeds_limits(&self) -> bool {
        self.exceeds(self.ready.len() as u64, self.ready_bytes)
    }

    fn exceeds(&self, messages: u64, bytes: u64) -> bool {
        self.arguments.max_length.is_some_and(|most| messages > most)
            || self.arguments.max_length_bytes.is_some_and(|most| bytes > most)
    }

    /// Forgets that messages were delivered before.
    pub(crate) fn forget_deliveries(&mut self) {
        for queued in &mut self.ready {
            queued.redelivered = false;
            queued.returned = 0;
        }
    }

    /// Removes and returns all ready messages.
    pub(crate) fn purge(&mut self) -> VecDeque<Queued> {
        self.ready_bytes = 0;
        std::mem::take(&mut self.ready)
    }

    /// Keeps only the messages for which `keep` returns true.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Queued) -> bool) {
        self.ready.retain(keep);
        self.ready_bytes = self.ready.iter().map(Queued::size).sum();
    }
}
