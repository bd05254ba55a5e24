//! The connection state that a server publishes.

use std::sync::Arc;

use amqp_rpc_transport::{ConnectionState, chain};
use tokio::sync::watch;

use crate::error::StartError;

/// Publishes the server's connection state. Dropped with the server or its runtime, it enters `Closed`.
pub(crate) struct PublishedState(pub(crate) watch::Sender<ConnectionState>);

impl PublishedState {
    pub(super) fn enter(&self, next: ConnectionState) {
        self.0.send_if_modified(|state| {
            let changed = *state != next;
            *state = next;
            changed
        });
    }

    /// Returns why there is no connection.
    pub(super) fn reason(&self) -> Arc<str> {
        match &*self.0.borrow() {
            ConnectionState::Connecting { reason, .. } => Arc::clone(reason),
            _ => "it is being made".into(),
        }
    }

    pub(super) fn count_failure(&self, error: &StartError) {
        self.0.send_modify(|state| {
            let earlier = match state {
                ConnectionState::Connecting { failures, .. } => *failures,
                _ => 0,
            };
            let reason = chain(error).to_string();
            *state = ConnectionState::connecting(earlier.saturating_add(1), reason);
        });
    }
}

impl Drop for PublishedState {
    fn drop(&mut self) {
        if !self.0.borrow().is_closed() {
            self.enter(ConnectionState::closed("the server was dropped, or its runtime has stopped"));
        }
    }
}
