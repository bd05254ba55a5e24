//! Closes connections.

use amq_protocol::protocol::connection;

use super::responses::on_connection;
use crate::{
    ids::ConnectionId,
    protocol::{Outgoing, ProtocolError, ReplyCode},
    vhost::VhostState,
};

impl VhostState {
    /// Closes a connection because of an error.
    pub(crate) fn close_connection(&mut self, id: ConnectionId, error: &ProtocolError) {
        self.close_connection_with(id, error.connection_close());
    }

    pub(in crate::vhost) fn close_connection_with(&mut self, id: ConnectionId, close: connection::Close) {
        if self.sessions.get(&id).is_none_or(|session| session.closing) {
            return;
        }
        self.send_confirms();
        self.end_connection(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.outgoing.send(on_connection(connection::AMQPMethod::Close(close)));
        }
    }

    /// Handles `connection.close`: everything of the connection is released before close-ok is sent.
    pub(in crate::vhost) fn handle_connection_close(&mut self, id: ConnectionId) {
        self.send_confirms();
        self.end_connection(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.outgoing.send(on_connection(connection::AMQPMethod::CloseOk(connection::CloseOk {})));
            session.outgoing.send(Outgoing::End);
        }
    }

    /// Removes a session whose connection has ended.
    pub(in crate::vhost) fn remove_session(&mut self, id: ConnectionId) {
        self.end_connection(id);
        self.sessions.remove(&id);
    }

    /// Closes all connections with 320, as a broker that stops does.
    pub(crate) fn close_all(&mut self, reason: &str) {
        let close = ProtocolError::new(ReplyCode::ConnectionForced, reason).connection_close();
        self.send_confirms();
        for id in self.stop_deliveries() {
            self.end_connection(id);
            if let Some(session) = self.sessions.get(&id) {
                session.outgoing.send(on_connection(connection::AMQPMethod::Close(close.clone())));
            }
        }
    }

    /// Stops deliveries before all connections end: messages that one of them requeues must not be delivered
    /// to another that ends next. Returns the open connections, oldest first.
    pub(in crate::vhost) fn stop_deliveries(&mut self) -> Vec<ConnectionId> {
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
