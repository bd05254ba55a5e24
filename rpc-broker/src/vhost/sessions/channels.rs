//! Opens and closes channels.

use amq_protocol::protocol::{AMQPClass, channel};

use crate::{
    ids::ChannelRef,
    protocol::{ProtocolError, ReplyCode},
    vhost::{VhostState, state::Channel},
};

impl VhostState {
    pub(in crate::vhost) fn channel(&mut self, at: ChannelRef) -> Option<&mut Channel> {
        self.sessions.get_mut(&at.connection)?.channels.get_mut(&at.channel)
    }

    /// The channel of a request. `on_open_channel` has checked that it is open.
    pub(in crate::vhost) fn open_channel_mut(&mut self, at: ChannelRef) -> &mut Channel {
        self.channel(at).expect("requests are only handled on open channels")
    }

    pub(in crate::vhost) fn is_channel_open(&self, at: ChannelRef) -> bool {
        self.channel_state(at) == Some(false)
    }

    pub(in crate::vhost) fn is_channel_closing(&self, at: ChannelRef) -> bool {
        self.channel_state(at) == Some(true)
    }

    fn channel_state(&self, at: ChannelRef) -> Option<bool> {
        Some(self.sessions.get(&at.connection)?.channels.get(&at.channel)?.closing)
    }

    pub(in crate::vhost) fn open_channel(&mut self, at: ChannelRef) -> Result<(), ProtocolError> {
        if self.is_channel_closing(at) {
            return Ok(()); // ignored like everything before close-ok
        }
        let Some(session) = self.sessions.get_mut(&at.connection) else { return Ok(()) };
        if session.channels.contains_key(&at.channel) {
            return Err(ProtocolError::new(ReplyCode::ChannelError, "second 'channel.open' seen"));
        }
        let (open, most) = (session.channels.len(), session.channel_max);
        if open >= usize::from(most) {
            let text =
                format!("number of channels opened ({open}) has reached the negotiated channel_max ({most})");
            return Err(ProtocolError::new(ReplyCode::NotAllowed, text).without_cause());
        }
        session.channels.insert(at.channel, Channel::default());
        self.reply(at, AMQPClass::Channel(channel::AMQPMethod::OpenOk(channel::OpenOk {})));
        Ok(())
    }

    /// Closes a channel because of an error: its messages are requeued, its consumers end.
    pub(in crate::vhost) fn close_channel(&mut self, at: ChannelRef, error: &ProtocolError) {
        self.close_channel_with(at, error.channel_close());
    }

    pub(in crate::vhost) fn close_channel_with(&mut self, at: ChannelRef, close: channel::Close) {
        self.send_confirms(); // of publishes before the refused request
        self.end_channel(at);
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        session.channels.insert(at.channel, Channel { closing: true, ..Channel::default() });
        self.reply(at, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    }

    pub(in crate::vhost) fn remove_channel(&mut self, at: ChannelRef) {
        if let Some(session) = self.sessions.get_mut(&at.connection) {
            session.channels.remove(&at.channel);
        }
    }
}
