//! Telling the broker a new password on a connection that lives.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::{error::BrokerError, options::Secret, transport::cutoff::Cutoff};

/// Tells the broker every later password, for as long as the connection lives. What it does about it is its decision.
///
/// The task is owned by nobody, and bounded: it ends with the transport, or when nobody uses the connection any more.
pub(crate) fn forward_changes(
    changes: watch::Receiver<Secret>,
    connection: &Arc<lapin::Connection>,
    cutoff: Arc<Cutoff>,
) {
    let connection = Arc::downgrade(connection);
    tokio::spawn(async move {
        tokio::select! {
            () = send_each(changes, connection) => {}
            () = cutoff.ended() => {}
        }
    });
}

async fn send_each(mut changes: watch::Receiver<Secret>, connection: Weak<lapin::Connection>) {
    while changes.changed().await.is_ok() {
        let Some(connection) = connection.upgrade() else { return };
        let secret = changes.borrow_and_update().clone();
        let told = connection.update_secret(secret.reveal().into(), "the application has a new one".into());
        match told.await.map_err(BrokerError::from) {
            Ok(()) => tracing::debug!("the broker has taken a new password for a live connection"),
            Err(error) => {
                tracing::warn!(%error, "the broker has not taken a new password for a live connection");
            }
        }
    }
}
