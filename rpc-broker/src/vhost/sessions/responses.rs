//! Sends methods to clients.

use amq_protocol::protocol::{AMQPClass, connection};

use crate::{ids::ChannelRef, protocol::Outgoing, vhost::VhostState};

impl VhostState {
    /// Sends a method to the client on this channel.
    pub(in crate::vhost) fn reply(&self, at: ChannelRef, method: AMQPClass) {
        if let Some(session) = self.sessions.get(&at.connection) {
            session.outgoing.send(Outgoing::Method(at.channel, method));
        }
    }

    /// Sends a method unless the client has set `nowait`.
    pub(in crate::vhost) fn reply_unless(&self, nowait: bool, at: ChannelRef, method: AMQPClass) {
        if !nowait {
            self.reply(at, method);
        }
    }
}

pub(in crate::vhost) fn on_connection(method: connection::AMQPMethod) -> Outgoing {
    Outgoing::Method(0, AMQPClass::Connection(method))
}
