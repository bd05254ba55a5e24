//! What the vhost task and a connection's reader share with its writer: a queue of outgoing frames whose bytes are counted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use amq_protocol::protocol::AMQPClass;
use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use crate::ids::ConnectionId;
use crate::properties::Properties;

/// Above this many unwritten bytes a connection gets no more deliveries and is not read from.
const HIGH: usize = 1024 * 1024;
/// Below this many it goes on.
const LOW: usize = HIGH / 4;
/// What a frame counts besides its content.
const FRAME_COST: usize = 128;

/// What a writer is told to do, in order.
#[derive(Clone, Debug)]
pub(crate) enum Outgoing {
    Method(u16, AMQPClass),
    /// A method with content: deliver, get-ok, return.
    Content(u16, AMQPClass, Properties, Bytes),
    Heartbeat,
    /// Bytes as they are, for tests that need a broker out of its mind.
    Raw(Bytes),
    /// Close the socket once everything before is written.
    End,
    /// Abort the socket without writing what waits.
    Reset,
}

impl Outgoing {
    fn cost(&self) -> usize {
        FRAME_COST
            + match self {
                Self::Content(_, _, properties, body) => properties.as_bytes().len() + body.len(),
                Self::Raw(bytes) => bytes.len(),
                Self::Method(..) | Self::Heartbeat | Self::End | Self::Reset => 0,
            }
    }
}

/// The way to a connection's writer. Sending never waits, so that one slow client cannot hold up a vhost; instead the vhost
/// asks [`is_congested`](Self::is_congested) before it delivers, and the reader waits in [`until_writable`](Self::until_writable)
/// before it takes requests that would be answered.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    outbox: mpsc::UnboundedSender<Outgoing>,
    unwritten: AtomicUsize,
    /// The vhost held something back and wants to know when it can go on.
    waited_for: AtomicBool,
    drained: Notify,
}

impl Link {
    pub(crate) fn new(id: ConnectionId) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        let (outbox, outgoing) = mpsc::unbounded_channel();
        let link = Self {
            id,
            outbox,
            unwritten: AtomicUsize::new(0),
            waited_for: AtomicBool::new(false),
            drained: Notify::new(),
        };
        (link, outgoing)
    }

    /// Queues for writing. What is sent to a connection that is gone is lost, as on a network.
    pub(crate) fn send(&self, outgoing: Outgoing) {
        self.unwritten.fetch_add(outgoing.cost(), Ordering::Relaxed);
        let _ = self.outbox.send(outgoing);
    }

    /// Whether so much waits to be written that deliveries should stay in their queues. Then the writer's
    /// [`written`](Self::written) returns true once it has caught up.
    pub(crate) fn is_congested(&self) -> bool {
        let congested = self.unwritten() > HIGH;
        if congested {
            self.waited_for.store(true, Ordering::Relaxed);
        }
        congested
    }

    /// How many bytes wait to be written.
    pub(crate) fn unwritten(&self) -> usize {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Returns when little enough waits to be written. Pending for as long as the client does not read.
    pub(crate) async fn until_writable(&self) {
        while self.unwritten() > HIGH {
            let drained = self.drained.notified();
            if self.unwritten() > HIGH {
                drained.await;
            }
        }
    }

    /// The writer has written this; returns whether the vhost waits to be told so.
    pub(crate) fn written(&self, outgoing: &[Outgoing]) -> bool {
        let cost: usize = outgoing.iter().map(Outgoing::cost).sum();
        let before = self.unwritten.fetch_sub(cost, Ordering::Relaxed);
        if before - cost > LOW {
            return false;
        }
        self.drained.notify_waiters();
        self.waited_for.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(size: usize) -> Outgoing {
        let deliver = amq_protocol::protocol::basic::AMQPMethod::Deliver(Default::default());
        Outgoing::Content(1, AMQPClass::Basic(deliver), Properties::default(), vec![0; size].into())
    }

    #[tokio::test]
    async fn a_congested_link_tells_the_vhost_once_when_it_is_written() {
        let (link, mut outgoing) = Link::new(ConnectionId(1));
        link.send(content(HIGH));
        assert!(link.is_congested());
        let waiting = link.until_writable();
        tokio::pin!(waiting);
        assert!(futures_pending(waiting.as_mut()).await);
        let item = outgoing.recv().await.unwrap();
        assert!(link.written(&[item]));
        waiting.await;
        assert_eq!(link.unwritten(), 0);
        link.send(content(1));
        let item = outgoing.recv().await.unwrap();
        assert!(!link.written(&[item]), "nobody waits any more");
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
