//! Publishes with confirms on a channel that many tasks share, for notifications and events.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};

use crate::{
    connection::Connection, convert, error::BrokerError, message::Properties, publish::PublishError,
    transport::cutoff::ConnectionGuard,
};

/// The maximum of unconfirmed bytes, on a stalled connection or with a slow broker; a single message may be
/// larger.
const MAX_UNCONFIRMED: usize = 64 * 1024 * 1024;
/// The approximate memory of a message besides its body.
const OVERHEAD: usize = 512;

/// Publishes on one channel in confirm mode. Clones share the channel.
#[derive(Clone)]
pub struct SharedConfirmPublisher(Arc<Shared>);

struct Shared {
    channel: Channel,
    max_header_bytes: usize,
    /// Held while lapin numbers a message and queues its frames. Two concurrent publishes would get each
    /// other's confirms. Counts the messages.
    numbering: Mutex<u64>,
    detached: Mutex<DetachedConfirms>,
    /// The bytes of all unconfirmed messages, the detached ones included.
    unconfirmed: Arc<AtomicUsize>,
    _guard: Arc<ConnectionGuard>,
}

/// The confirms whose [`Confirm`] was dropped before it resolved. They are polled until they resolve, because
/// lapin would otherwise keep their state for as long as the channel is open. Polling costs only as much as
/// has resolved.
type DetachedConfirms = FuturesUnordered<PublishFuture>;

type PublishFuture = Pin<Box<dyn Future<Output = Result<ConfirmOutcome, BrokerError>> + Send>>;

/// The publisher confirm of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// The broker acked the message: all queues that it was routed to, if any, have it.
    Acked,
    /// The broker nacked the message: a queue did not accept it.
    Nacked,
}

/// A queued message. Resolves with its publisher confirm, or fails when the channel is closed first.
///
/// The broker confirms a returned message as well, after it has returned it. Dropping the future stops
/// waiting; the message is still published.
pub struct Confirm {
    publishing: Option<PublishFuture>,
    /// The number of the message on its channel.
    number: u64,
    publisher: SharedConfirmPublisher,
}

impl Connection {
    /// Opens a channel in confirm mode.
    ///
    /// # Errors
    /// When the broker refuses the channel, or the connection was lost.
    pub async fn open_confirm_channel(&self) -> Result<SharedConfirmPublisher, BrokerError> {
        let channel = self.open_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(SharedConfirmPublisher(Arc::new(Shared {
            channel,
            max_header_bytes: convert::max_header_bytes(self.frame_max()),
            numbering: Mutex::default(),
            detached: Mutex::default(),
            unconfirmed: Arc::default(),
            _guard: self.connection_guard(),
        })))
    }
}

impl SharedConfirmPublisher {
    /// Returns whether the channel is open.
    pub fn is_open(&self) -> bool {
        self.0.channel.status().connected()
    }

    /// Returns whether so many bytes are unconfirmed that messages may be refused as congested.
    pub fn is_full(&self) -> bool {
        let is_full = || self.0.unconfirmed.load(Ordering::Relaxed) > MAX_UNCONFIRMED / 2;
        if is_full() {
            self.release_confirmed();
        }
        is_full()
    }

    /// Reserves capacity for a message, or returns `None` when too many bytes are unconfirmed.
    fn reserve(&self, body_bytes: usize) -> Option<UnconfirmedBytes> {
        let size = body_bytes + OVERHEAD;
        let fits = |unconfirmed: usize| unconfirmed == 0 || unconfirmed + size <= MAX_UNCONFIRMED;
        if !fits(self.0.unconfirmed.load(Ordering::Relaxed)) {
            self.release_confirmed();
            if !fits(self.0.unconfirmed.load(Ordering::Relaxed)) {
                return None;
            }
        }
        self.0.unconfirmed.fetch_add(size, Ordering::Relaxed);
        Some(UnconfirmedBytes { size, total: Arc::clone(&self.0.unconfirmed) })
    }

    /// Queues a message. The broker returns a `mandatory` one when it reaches no queue.
    ///
    /// # Errors
    /// When it was not queued.
    pub fn queue(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: Properties,
        body: Bytes,
        mandatory: bool,
    ) -> Result<Confirm, PublishError> {
        let exchange = convert::short_string("exchange", exchange)?;
        let routing_key = convert::short_string("routing key", routing_key)?;
        let properties = convert::to_lapin(properties, self.0.max_header_bytes)?;
        let options = BasicPublishOptions { mandatory, immediate: false };
        let Some(unconfirmed) = self.reserve(body.len()) else { return Err(PublishError::Congested) };
        let channel = self.0.channel.clone();
        let mut publishing: PublishFuture = Box::pin(async move {
            // Counted until this future is dropped.
            let _unconfirmed = unconfirmed;
            let confirm = channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
            let outcome =
                if confirm.await?.is_nack() { ConfirmOutcome::Nacked } else { ConfirmOutcome::Acked };
            Ok(outcome)
        });
        // The first poll numbers the message and queues all its frames; later polls only wait.
        let (number, first) = {
            let mut published = self.0.numbering.lock().unwrap_or_else(PoisonError::into_inner);
            *published += 1;
            (*published, publishing.as_mut().poll(&mut Context::from_waker(Waker::noop())))
        };
        let publishing = match first {
            Poll::Ready(Err(error)) => return Err(PublishError::Disconnected(error)),
            Poll::Ready(Ok(outcome)) => Box::pin(std::future::ready(Ok(outcome))),
            Poll::Pending => publishing,
        };
        Ok(Confirm { publishing: Some(publishing), number, publisher: self.clone() })
    }

    /// Releases the detached confirms that have resolved.
    fn release_confirmed(&self) {
        let mut detached = self.0.detached.lock().unwrap_or_else(PoisonError::into_inner);
        while let Poll::Ready(Some(_)) = detached.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {}
    }
}

/// Counts the bytes of one message until it is confirmed.
struct UnconfirmedBytes {
    size: usize,
    total: Arc<AtomicUsize>,
}

impl Drop for UnconfirmedBytes {
    fn drop(&mut self) {
        self.total.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl Confirm {
    /// Returns whether no other message was published on the channel after this one. If the broker closed the
    /// channel because it refused a message, it has not taken the last one.
    pub fn is_of_last(&self) -> bool {
        *self.publisher.0.numbering.lock().unwrap_or_else(PoisonError::into_inner) == self.number
    }
}

impl Future for Confirm {
    type Output = Result<ConfirmOutcome, BrokerError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let publishing = self.publishing.as_mut().expect("a future is not polled after it has resolved");
        let polled = publishing.as_mut().poll(cx);
        if polled.is_ready() {
            self.publishing = None;
        }
        polled
    }
}

impl Drop for Confirm {
    fn drop(&mut self) {
        if let Some(publishing) = self.publishing.take() {
            let detached = &self.publisher.0.detached;
            detached.lock().unwrap_or_else(PoisonError::into_inner).push(publishing);
            self.publisher.release_confirmed();
        }
    }
}

impl fmt::Debug for SharedConfirmPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConfirmPublisher")
            .field("channel", &self.0.channel.id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Confirm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirm").field("is_resolved", &self.publishing.is_none()).finish_non_exhaustive()
    }
}
