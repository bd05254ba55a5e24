//! One channel: its consumers and its publisher confirms.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::mpsc;

use super::{
    closed,
    closing::{BrokerClose, Closing, Handle},
    confirms::{ConfirmRange, ConfirmReceiver, Confirms},
};
use crate::{
    encode::Message,
    error::BrokerError,
    message::Delivered,
    transport::outbound::{NotQueued, Outbound},
};

/// A channel that carries messages past lapin.
#[derive(Debug)]
pub(crate) struct Channel {
    id: u16,
    outbound: Arc<Outbound>,
    consumers: Mutex<Consumers>,
    confirms: Mutex<Confirms>,
    closing: Mutex<Closing>,
    /// Why it was closed. Set before those who wait are told.
    end: OnceLock<BrokerError>,
}

#[derive(Debug, Default)]
struct Consumers {
    by_tag: Vec<(Box<[u8]>, Deliveries)>,
    /// The consumer of the last delivery: the next one is most likely for it, too.
    last: usize,
    /// How many have been given a tag.
    numbered: u64,
}

/// What a consumer receives.
pub(crate) type Received = Result<Box<Delivered>, BrokerError>;

/// Hands deliveries to a consumer.
///
/// It has no bound of its own: prefetch windows bound the requests, and the calls in flight their replies.
#[derive(Clone, Debug)]
pub(crate) struct Deliveries(mpsc::UnboundedSender<Received>);

impl Deliveries {
    pub(crate) fn deliver(&self, delivered: Box<Delivered>) {
        // Without a receiver the consumer was dropped. The channel ends with its link, and the broker requeues
        // what is not acknowledged then.
        let _ = self.0.send(Ok(delivered));
    }
}

impl Channel {
    pub(super) fn new(id: u16, outbound: Arc<Outbound>) -> Self {
        Self {
            id,
            outbound,
            consumers: Mutex::default(),
            confirms: Mutex::default(),
            closing: Mutex::default(),
            end: OnceLock::new(),
        }
    }

    pub(crate) fn id(&self) -> u16 {
        self.id
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// Returns whether messages may be queued.
    pub(crate) fn is_open(&self) -> bool {
        self.end.get().is_none()
    }

    /// Why the channel was closed, or in general that it is.
    pub(crate) fn reason_of_end(&self) -> BrokerError {
        self.end.get().cloned().unwrap_or_else(closed)
    }

    /// A tag that no other consumer of the channel has. It is short: every delivery carries it.
    pub(crate) fn next_consumer_tag(&self) -> String {
        let mut consumers = self.lock_consumers();
        consumers.numbered += 1;
        format!("amqp-rpc.{}", consumers.numbered)
    }

    /// Registers a consumer, before the broker knows it: deliveries may follow its confirmation at once.
    pub(crate) fn add_consumer(&self, tag: &str) -> mpsc::UnboundedReceiver<Received> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut consumers = self.lock_consumers();
        match self.end.get() {
            // A receiver that is gone would have got nothing else.
            Some(error) => drop(sender.send(Err(error.clone()))),
            None => consumers.by_tag.push((tag.as_bytes().into(), Deliveries(sender))),
        }
        receiver
    }

    pub(super) fn consumer(&self, tag: &[u8]) -> Option<Deliveries> {
        let mut consumers = self.lock_consumers();
        let last = consumers.last;
        let position = match consumers.by_tag.get(last) {
            Some((of, _)) if **of == *tag => last,
            _ => consumers.by_tag.iter().position(|(of, _)| **of == *tag)?,
        };
        consumers.last = position;
        Some(consumers.by_tag[position].1.clone())
    }

    /// Forgets a consumer, which then ends.
    pub(crate) fn end_consumer(&self, tag: &[u8]) {
        self.lock_consumers().by_tag.retain(|(of, _)| **of != *tag);
    }

    /// Queues a message whose publisher confirm comes back through the receiver, with its number. The channel must be
    /// in confirm mode. A `bounded` one is refused when too many bytes are unconfirmed.
    ///
    /// # Errors
    /// When it was not queued.
    pub(crate) fn publish_confirmed(
        &self,
        message: &Message<'_>,
        bounded: bool,
    ) -> Result<(u64, ConfirmReceiver), NotQueued> {
        // Locked until the frames are queued: the broker numbers messages in their order.
        let mut confirms = self.lock_confirms();
        if bounded {
            confirms.check_capacity(message.body.len())?;
        }
        // Bounded by what is unconfirmed. What is not bounded is not held back either.
        self.outbound.publish(self.id, message, bounded.then_some(usize::MAX))?;
        Ok(confirms.expect(message.body.len()))
    }

    /// The number of the last message that is to be confirmed.
    pub(crate) fn last_number(&self) -> u64 {
        self.lock_confirms().last_number()
    }

    /// Returns whether so many bytes are unconfirmed that messages may be refused as congested.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.lock_confirms().is_nearly_full()
    }

    /// Returns false for a confirm of a message that was not published.
    pub(super) fn confirm(&self, range: ConfirmRange) -> bool {
        self.lock_confirms().resolve(range)
    }

    /// The broker closes the channel. When lapin is to handle that, the channel ends when it has.
    pub(super) fn start_end(&self, error: &BrokerError) -> BrokerClose {
        self.end.get_or_init(|| error.clone());
        self.lock_closing().by_broker()
    }

    /// Drops our last handle of the channel, which closes it. While lapin handles the broker's close, the handle is
    /// kept.
    pub(crate) fn close(&self, handle: Handle) {
        let dropped = self.lock_closing().by_us(handle);
        drop(dropped);
    }

    /// Drops a handle that does not close the channel. While lapin handles the broker's close, the handle is kept.
    pub(crate) fn release(&self, handle: Handle) {
        let dropped = self.lock_closing().release(handle);
        drop(dropped);
    }

    /// Ends the channel: consumers and those who wait for confirms get the reason. The first one counts.
    pub(super) fn end(&self, error: &BrokerError) {
        let mut consumers = self.lock_consumers();
        let error = self.end.get_or_init(|| error.clone());
        for (_, deliveries) in consumers.by_tag.drain(..) {
            let _ = deliveries.0.send(Err(error.clone()));
        }
        drop(consumers);
        self.lock_confirms().fail(error);
        let kept = self.lock_closing().end();
        drop(kept);
    }

    fn lock_closing(&self) -> MutexGuard<'_, Closing> {
        self.closing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_consumers(&self) -> MutexGuard<'_, Consumers> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_confirms(&self) -> MutexGuard<'_, Confirms> {
        self.confirms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
