//! The reason for which a link failed, reported by its tasks.

use amqp_rpc_transport::BrokerError;
use tokio::sync::watch;

/// Reports the loss of the channel or the connection. Clones report to the same link.
#[derive(Clone, Debug)]
pub(crate) struct LinkFailure(watch::Sender<Option<BrokerError>>);

impl LinkFailure {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Keeps the first error: it is the cause, later ones follow from it.
    pub(crate) fn report(&self, error: BrokerError) {
        self.0.send_if_modified(|failure| failure.is_none() && failure.replace(error).is_none());
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<BrokerError>> {
        self.0.subscribe()
    }
}
