//! Publishing with confirms beside calls, from many tasks at once: for messages that nobody answers.

use std::{
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

use super::Unpublishable;
use crate::{
    connection::Connection, convert, error::BrokerError, message::Properties,
    transport::cutoff::ConnectionGuard,
};

/// More than this never waits for the broker's word, on a connection that does not move or a broker that is
/// slow; a single message may be larger.
const MAX_UNCONFIRMED: usize = 64 * 1024 * 1024;
/// About what a message costs besides its body.
const OVERHEAD: usize = 512;

/// Publishes on one channel, which is in confirm mode. Clones share it.
#[derive(Clone)]
pub struct ConfirmingPublisher(Arc<Shared>);

struct Shared {
    channel: Channel,
    max_header_bytes: usize,
    /// Held while lapin numbers a message and queues its frames: two that do it at once get each other's
    /// confirms.
    numbering: Mutex<()>,
    abandoned: Mutex<Abandoned>,
    /// Bytes of the messages that wait for the broker's word, the abandoned ones included.
    unconfirmed: Arc<AtomicUsize>,
    _guard: Arc<ConnectionGuard>,
}

/// Confirms that nobody waits for any more. lapin keeps those that are dropped before they have come for as
/// long as the channel lives. To look them through costs as much as have come.
type Abandoned = FuturesUnordered<Publishing>;

type Publishing = Pin<Box<dyn Future<Output = Result<Verdict, BrokerError>> + Send>>;

/// What the broker says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has taken it: a queue has it, or none was to get it.
    Taken,
    /// A queue would not take it.
    Refused,
}

/// A message that was queued: resolves with the broker's word on it, or fails when the channel ends first.
///
/// A message that came back is confirmed as well, after it came back.
pub struct Confirm {
    publishing: Option<Publishing>,
    publisher: ConfirmingPublisher,
}

impl Connection {
    /// Opens a channel that confirms what is published on it.
    pub async fn open_confirming(&self) -> Result<ConfirmingPublisher, BrokerError> {
        let channel = self.open_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(ConfirmingPublisher(Arc::new(Shared {
            channel,
            max_header_bytes: convert::max_header_bytes(self.frame_max()),
            numbering: Mutex::default(),
            abandoned: Mutex::default(),
            unconfirmed: Arc::default(),
            _guard: self.connection_guard(),
        })))
    }
}

impl ConfirmingPublisher {
    /// Whether more can be published on it.
    pub fn is_open(&self) -> bool {
        self.0.channel.status().connected()
    }

    /// Whether messages wait for room, and find none.
    pub fn is_full(&self) -> bool {
        let is_full = || self.0.unconfirmed.load(Ordering::Relaxed) > MAX_UNCONFIRMED / 2;
        if is_full() {
            self.release_confirmed();
        }
        is_full()
    }

    /// Counts a message, unless there is no room for it.
    fn make_room(&self, body_bytes: usize) -> Option<Unconfirmed> {
        let size = body_bytes + OVERHEAD;
        let fits = |unconfirmed: usize| unconfirmed == 0 || unconfirmed + size <= MAX_UNCONFIRMED;
        if !fits(self.0.unconfirmed.load(Ordering::Relaxed)) {
            self.release_confirmed();
            if !fits(self.0.unconfirmed.load(Ordering::Relaxed)) {
                return None;
            }
        }
        self.0.unconfirmed.fetch_add(size, Ordering::Relaxed);
        Some(Unconfirmed { size, of: Arc::clone(&self.0.unconfirmed) })
    }

    /// Queues a message; `mandatory` ones come back when no queue takes them.
    pub fn queue(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: Properties,
        body: Bytes,
        mandatory: bool,
    ) -> Result<Confirm, Unpublishable> {
        let unwritable = |error: convert::EncodeError| Unpublishable::Unwritable(error.into());
        let exchange = convert::short_string("exchange", exchange).map_err(unwritable)?;
        let routing_key = convert::short_string("routing key", routing_key).map_err(unwritable)?;
        let properties = convert::to_lapin(properties, self.0.max_header_bytes).map_err(unwritable)?;
        let options = BasicPublishOptions { mandatory, immediate: false };
        let Some(unconfirmed) = self.make_room(body.len()) else { return Err(Unpublishable::Congested) };
        let channel = self.0.channel.clone();
        let mut publishing: Publishing = Box::pin(async move {
            // It counts as long as this lives.
            let _unconfirmed = unconfirmed;
            let confirm = channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
            let outcome = if confirm.await?.is_nack() { Verdict::Refused } else { Verdict::Taken };
            Ok(outcome)
        });
        // The first poll numbers the message and queues it whole; what follows only waits.
        let first = {
            let _numbering = self.0.numbering.lock().unwrap_or_else(PoisonError::into_inner);
            publishing.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        let publishing = match first {
            Poll::Ready(Err(error)) => return Err(Unpublishable::Lost(error)),
            Poll::Ready(Ok(outcome)) => Box::pin(std::future::ready(Ok(outcome))),
            Poll::Pending => publishing,
        };
        Ok(Confirm { publishing: Some(publishing), publisher: self.clone() })
    }

    /// Lets go of the abandoned whose confirm has come.
    fn release_confirmed(&self) {
        let mut abandoned = self.0.abandoned.lock().unwrap_or_else(PoisonError::into_inner);
        while let Poll::Ready(Some(_)) = abandoned.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {}
    }
}

/// The bytes of one message, as long as it waits for the broker's word.
struct Unconfirmed {
    size: usize,
    of: Arc<AtomicUsize>,
}

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        self.of.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl Future for Confirm {
    type Output = Result<Verdict, BrokerError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let publishing = self.publishing.as_mut().expect("nobody polls it after it has resolved");
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
            let abandoned = &self.publisher.0.abandoned;
            abandoned.lock().unwrap_or_else(PoisonError::into_inner).push(publishing);
            self.publisher.release_confirmed();
        }
    }
}
