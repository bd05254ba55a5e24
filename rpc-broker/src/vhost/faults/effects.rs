//! Applies the effects of rules to connections.

use amq_protocol::protocol::{channel, connection};

use crate::{
    ids::{ChannelRef, ConnectionId},
    interception::Effect,
    protocol::{Outgoing, reply_text},
    vhost::VhostState,
};

impl VhostState {
    /// Applies an effect. It is skipped on a connection that is closing or gone, where it has no meaning.
    pub(crate) fn apply_effect(&mut self, id: ConnectionId, effect: Effect) {
        match effect {
            Effect::CloseChannel { channel, code, text } => {
                let at = ChannelRef { connection: id, channel };
                if self.is_channel_closing(at) || self.sessions.get(&id).is_none_or(|session| session.closing)
                {
                    return;
                }
                let reply_text = reply_text(text);
                let close = channel::Close { reply_code: code, reply_text, class_id: 0, method_id: 0 };
                self.close_channel_with(at, close);
            }
            Effect::CloseConnection { code, text } => {
                let reply_text = reply_text(text);
                let close = connection::Close { reply_code: code, reply_text, class_id: 0, method_id: 0 };
                self.close_connection_with(id, close);
            }
            Effect::Nack { channel } => self.refuse_publish(ChannelRef { connection: id, channel }),
            Effect::Inject(bytes) => {
                if let Some(session) = self.sessions.get(&id) {
                    session.outgoing.send(Outgoing::Raw(bytes));
                }
            }
            Effect::Reset => self.reset(id),
        }
        self.publish_dead_letters();
    }

    fn refuse_publish(&mut self, at: ChannelRef) {
        if !self.is_channel_open(at) {
            return;
        }
        let channel = self.open_channel_mut(at);
        if let Some(confirms) = &mut channel.confirms {
            let number = confirms.next();
            self.confirm_publish(at, number, false);
        }
    }

    /// Removes a connection as if its client had died, and resets it.
    fn reset(&mut self, id: ConnectionId) {
        self.end_connection(id);
        if let Some(session) = self.sessions.remove(&id) {
            session.outgoing.send(Outgoing::Reset);
        }
    }
}
