//! Opening and closing channels and connections.

use amq_protocol::protocol::{AMQPClass, channel, connection};

use crate::{
    connection::Outgoing,
    ids::{ChannelRef, ConnectionId},
    refusal::{Code, Refusal},
    vhost::{Vhost, dispatch::on_connection, session::Channel},
};

impl Vhost {
    pub(super) fn channel(&mut self, at: ChannelRef) -> Option<&mut Channel> {
        self.sessions.get_mut(&at.connection)?.channels.get_mut(&at.channel)
    }

    /// The channel that a request came on: `on_open_channel` has looked.
    pub(super) fn open_channel_mut(&mut self, at: ChannelRef) -> &mut Channel {
        self.channel(at).expect("requests are only handled on open channels")
    }

    pub(super) fn is_channel_open(&self, at: ChannelRef) -> bool {
        self.channel_state(at) == Some(false)
    }

    pub(super) fn is_channel_closing(&self, at: ChannelRef) -> bool {
        self.channel_state(at) == Some(true)
    }

    fn channel_state(&self, at: ChannelRef) -> Option<bool> {
        Some(self.sessions.get(&at.connection)?.channels.get(&at.channel)?.closing)
    }

    pub(super) fn open_channel(&mut self, at: ChannelRef) -> Result<(), Refusal> {
        if self.is_channel_closing(at) {
            return Ok(()); // ignored like everything before close-ok
        }
        let Some(session) = self.sessions.get_mut(&at.connection) else { return Ok(()) };
        if session.channels.contains_key(&at.channel) {
            return Err(Refusal::new(Code::ChannelError, "second 'channel.open' seen"));
        }
        let (open, most) = (session.channels.len(), session.channel_max);
        if open >= usize::from(most) {
            let text =
                format!("number of channels opened ({open}) has reached the negotiated channel_max ({most})");
            return Err(Refusal::new(Code::NotAllowed, text).unblamed());
        }
        session.channels.insert(at.channel, Channel::default());
        self.reply(at, AMQPClass::Channel(channel::AMQPMethod::OpenOk(channel::OpenOk {})));
        Ok(())
    }

    /// Closes a channel because of what was asked on it; its messages go back, its consumers end.
    pub(super) fn close_channel(&mut self, at: ChannelRef, refusal: &Refusal) {
        self.close_channel_with(at, refusal.channel_close());
    }

    pub(super) fn close_channel_with(&mut self, at: ChannelRef, close: channel::Close) {
        self.send_confirms(); // of publishes before the refused request
        self.end_channel(at);
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        session.channels.insert(at.channel, Channel { closing: true, ..Channel::default() });
        self.reply(at, AMQPClass::Channel(channel::AMQPMethod::Close(close)));
    }

    pub(super) fn forget_channel(&mut self, at: ChannelRef) {
        if let Some(session) = self.sessions.get_mut(&at.connection) {
            session.channels.remove(&at.channel);
        }
    }

    /// Closes a connection because of what was asked on it.
    pub(crate) fn close_connection(&mut self, id: ConnectionId, refusal: &Refusal) {
        self.close_connection_with(id, refusal.connection_close());
    }

    pub(super) fn close_connection_with(&mut self, id: ConnectionId, close: connection::Close) {
        if self.sessions.get(&id).is_none_or(|session| session.closing) {
            return;
        }
        self.send_confirms();
        self.end_connection(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.link.send(on_connection(connection::AMQPMethod::Close(close)));
        }
    }

    /// The client closes: everything of it is gone before it is told so.
    pub(super) fn confirm_close(&mut self, id: ConnectionId) {
        self.send_confirms();
        self.end_connection(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.link.send(on_connection(connection::AMQPMethod::CloseOk(connection::CloseOk {})));
            session.link.send(Outgoing::End);
        }
    }

    /// The connection's task has ended.
    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.end_connection(id);
        self.sessions.remove(&id);
    }

    /// Closes all connections with 320, as a broker that is stopped does.
    pub(crate) fn close_all(&mut self, reason: &str) {
        let close = Refusal::new(Code::ConnectionForced, reason).connection_close();
        self.send_confirms();
        for id in self.stop_deliveries() {
            self.end_connection(id);
            if let Some(session) = self.sessions.get(&id) {
                session.link.send(on_connection(connection::AMQPMethod::Close(close.clone())));
            }
        }
    }

    /// Before all connections end: what one of them gives back must not go to another that ends next. Returns those that were open, in the
    /// order they came.
    pub(super) fn stop_deliveries(&mut self) -> Vec<ConnectionId> {
        let open = self.sessions.iter_mut().filter(|(_, session)| !session.closing);
        let mut connections = Vec::new();
        for (id, session) in open {
            session.closing = true;
            connections.push(*id);
        }
        connections.sort_unstable();
        connections
    }
}
