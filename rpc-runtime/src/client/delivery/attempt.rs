//! One attempt to send a message over a link: what it needs, and what it hands back when it fails.

use std::{sync::Arc, time::Instant};

use amqp_rpc_transport::BrokerError;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{message::OutgoingMessage, publish::SendError};
use crate::client::session::{exchange_cache::Exchange, link::Link, shared::Session};

/// A message in flight, of one of two kinds: a call, or a one-way message.
pub(crate) trait SentMessage: Sized + Send + 'static {
    /// Publishes messages of this kind, where the link's own channel does not.
    type Publisher: Send;

    /// Limits the messages of this kind in flight.
    fn slots(session: &Session) -> &Arc<Semaphore>;

    /// Notified when messages of this kind may be queued again.
    fn capacity(link: &Link) -> &Notify;

    /// The publisher, if it is open and nothing is known that speaks against publishing `message`.
    fn ready_publisher(session: &Session, link: &Link, message: &OutgoingMessage) -> Option<Self::Publisher>;

    /// Opens the publisher if it is not open.
    ///
    /// # Errors
    /// When the broker does not answer.
    fn open_publisher(link: &Link) -> impl Future<Output = Result<Self::Publisher, BrokerError>> + Send;

    /// Publishes the message.
    ///
    /// # Errors
    /// The message comes back with the reason: another attempt may serve.
    fn send(
        attempt: Attempt<'_, Self::Publisher>,
        message: AdmittedMessage,
    ) -> Result<Self, Box<TrySendError>>;
}

/// Where a message is sent to and over.
pub(crate) struct Attempt<'a, Publisher> {
    pub(super) session: &'a Arc<Session>,
    pub(super) link: &'a Arc<Link>,
    pub(super) exchange: Arc<Exchange>,
    pub(super) publisher: Publisher,
}

/// A message that has a slot.
pub(crate) struct AdmittedMessage {
    pub(super) message: OutgoingMessage,
    pub(super) deadline: Option<Instant>,
    pub(super) slot: OwnedSemaphorePermit,
}

/// Why a message was not sent, with the message.
pub(crate) struct TrySendError {
    pub(super) error: SendError,
    pub(super) message: AdmittedMessage,
}
