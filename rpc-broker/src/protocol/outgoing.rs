//! The queue of frames for a client, whose bytes are counted: filled by the virtual host and the connection's
//! reader, emptied by its writer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use amq_protocol::{protocol::AMQPClass, types::ShortString};
use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use crate::{ids::ConnectionId, properties::Properties};

/// Above this many unwritten bytes a connection gets no more deliveries, and its requests are not read.
const HIGH_WATER_MARK: usize = 1024 * 1024;
/// At this many unwritten bytes deliveries and reading go on.
const LOW_WATER_MARK: usize = HIGH_WATER_MARK / 4;
/// The bytes that a frame counts besides its content.
const FRAME_COST: usize = 128;

/// A frame for a client, or an instruction to the writer.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    Method(u16, AMQPClass),
    /// A method with content: `basic.deliver`, `basic.get-ok` or `basic.return`.
    Content(OutgoingContent),
    Heartbeat,
    /// Bytes that are written unchanged, for tests.
    Raw(Bytes),
    /// Closes the socket once everything before is written.
    End,
    /// Resets the connection without writing what waits.
    Reset,
}

/// A method with content.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingContent {
    pub(crate) channel: u16,
    pub(crate) method: AMQPClass,
    pub(crate) properties: Properties,
    pub(crate) body: Bytes,
    /// The queue that it comes from, for rules and recordings; it is not written.
    pub(crate) queue: Option<ShortString>,
}

impl Outgoing {
    fn cost(&self) -> usize {
        FRAME_COST
            + match self {
                Self::Content(content) => content.properties.as_bytes().len() + content.body.len(),
                Self::Raw(bytes) => bytes.len(),
                Self::Method(..) | Self::Heartbeat | Self::End | Self::Reset => 0,
            }
    }
}

/// Queues frames for a connection's writer.
///
/// Sending never waits, so that one slow client cannot block a virtual host. Instead the virtual host checks
/// [`is_congested`](Self::is_congested) before it delivers, and the reader waits in
/// [`until_writable`](Self::until_writable) before it reads more requests.
#[derive(Debug)]
pub(crate) struct OutgoingQueue {
    pub(crate) id: ConnectionId,
    sender: mpsc::UnboundedSender<Outgoing>,
    unwritten: AtomicUsize,
    /// Whether the virtual host has held back a delivery and waits until the queue drains.
    is_awaited: AtomicBool,
    drained: Notify,
}

impl OutgoingQueue {
    pub(crate) fn new(id: ConnectionId) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queue = Self {
            id,
            sender,
            unwritten: AtomicUsize::new(0),
            is_awaited: AtomicBool::new(false),
            drained: Notify::new(),
        };
        (queue, receiver)
    }

    /// Queues a frame for writing. A frame for a connection that is gone is lost, as on a network.
    pub(crate) fn send(&self, outgoing: Outgoing) {
        self.unwritten.fetch_add(outgoing.cost(), Ordering::Relaxed);
        let _ = self.sender.send(outgoing);
    }

    /// Returns whether so much waits to be written that deliveries should stay in their queues. Then
    /// [`mark_written`](Self::mark_written) returns true once the writer has caught up.
    pub(crate) fn is_congested(&self) -> bool {
        let congested = self.unwritten_bytes() > HIGH_WATER_MARK;
        if congested {
            self.is_awaited.store(true, Ordering::Relaxed);
        }
        congested
    }

    /// The number of bytes that wait to be written.
    pub(crate) fn unwritten_bytes(&self) -> usize {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Waits until few enough bytes wait to be written. It waits for as long as the client does not read.
    pub(crate) async fn until_writable(&self) {
        while self.unwritten_bytes() > HIGH_WATER_MARK {
            let drained = self.drained.notified();
            if self.unwritten_bytes() > HIGH_WATER_MARK {
                drained.await;
            }
        }
    }

    /// Counts these frames as written; returns whether the virtual host waits for that.
    pub(crate) fn mark_written(&self, outgoing: &[Outgoing]) -> bool {
        let cost: usize = outgoing.iter().map(Outgoing::cost).sum();
        let before = self.unwritten.fetch_sub(cost, Ordering::Relaxed);
        if before - cost > LOW_WATER_MARK {
            return false;
        }
        self.drained.notify_waiters();
        self.is_awaited.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(size: usize) -> Outgoing {
        let deliver = amq_protocol::protocol::basic::AMQPMethod::Deliver(Default::default());
        Outgoing::Content(OutgoingContent {
            channel: 1,
            method: AMQPClass::Basic(deliver),
            properties: Properties::default(),
            body: vec![0; size].into(),
            queue: None,
        })
    }

    #[tokio::test]
    async fn a_congested_queue_notifies_the_vhost_once_when_it_is_written() {
        let (queue, mut receiver) = OutgoingQueue::new(ConnectionId(1));
        queue.send(content(HIGH_WATER_MARK));
        assert!(queue.is_congested());
        let waiting = queue.until_writable();
        tokio::pin!(waiting);
        assert!(futures_pending(waiting.as_mut()).await);
        let item = receiver.recv().await.unwrap();
        assert!(queue.mark_written(&[item]));
        waiting.await;
        assert_eq!(queue.unwritten_bytes(), 0);
        queue.send(content(1));
        let item = receiver.recv().await.unwrap();
        assert!(!queue.mark_written(&[item]), "the vhost no longer waits");
    }

    async fn futures_pending<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut future = Some(future);
        std::future::poll_fn(|cx| {
            let pending = future.take().expect("polled once").poll(cx).is_pending();
            std::task::Poll::Ready(pending)
        })
        .await
    }
}
