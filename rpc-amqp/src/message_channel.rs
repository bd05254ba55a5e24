//! A channel that carries messages: lapin opens and closes it, and the messages go past lapin.

use std::{fmt, sync::Arc};

use crate::{
    encode::Message,
    error::BrokerError,
    message::ConfirmOutcome,
    transport::{channels::Channel, cutoff::ConnectionGuard, outbound::NotQueued},
};

/// A channel that carries messages. It is closed with its last clone.
#[derive(Clone)]
pub(crate) struct MessageChannel {
    handle: Arc<ChannelHandle>,
    pub(crate) channel: Arc<Channel>,
    _guard: Arc<ConnectionGuard>,
}

struct ChannelHandle {
    /// Taken when it is dropped.
    lapin: Option<lapin::Channel>,
    channel: Arc<Channel>,
}

impl Drop for ChannelHandle {
    fn drop(&mut self) {
        if let Some(lapin) = self.lapin.take() {
            self.channel.close(Box::new(lapin));
        }
    }
}

impl MessageChannel {
    pub(crate) fn new(lapin: lapin::Channel, channel: Arc<Channel>, guard: Arc<ConnectionGuard>) -> Self {
        let handle = ChannelHandle { lapin: Some(lapin), channel: Arc::clone(&channel) };
        Self { handle: Arc::new(handle), channel, _guard: guard }
    }

    /// The channel as lapin has it, for everything but messages.
    pub(crate) fn lapin(&self) -> &lapin::Channel {
        self.handle.lapin.as_ref().expect("it is taken only when the last handle is dropped")
    }

    /// Queues a message on the first poll, and waits for its publisher confirm. The channel must be in confirm mode.
    ///
    /// # Errors
    /// When the channel was closed first. The broker may or may not have received the message.
    pub(crate) async fn publish_and_wait(
        &self,
        message: &Message<'_>,
    ) -> Result<ConfirmOutcome, BrokerError> {
        let queued = self.channel.publish_confirmed(message, false);
        let (_, confirm) = queued.map_err(|refused| self.error_of(refused))?;
        // The sender is dropped with the channel, which tells why before.
        confirm.await.unwrap_or_else(|_| Err(self.channel.reason_of_end()))
    }

    /// Why something was not queued, as an error of the connection.
    pub(crate) fn error_of(&self, refused: NotQueued) -> BrokerError {
        match refused {
            NotQueued::Invalid(error) => error.into(),
            NotQueued::Closed => self.channel.reason_of_end(),
            NotQueued::Congested => BrokerError::new(None, "too many bytes wait to be written or confirmed"),
        }
    }
}

impl fmt::Debug for MessageChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageChannel").field("channel", &self.channel.id()).finish_non_exhaustive()
    }
}
