//! Telling the broker a new password on a connection that lives.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::{error::BrokerError, options::Secret, transport::cutoff::Lifeline};

/// Tells the broker every later password, for as long as the connection lives. What it does about it is its decision.
///
/// The task is owned by nobody, and bounded: it ends with the transport, or when nobody uses the connection any more.
pub(crate) fn pass_on(
    changes: watch::Receiver<Secret>,
    connection: &Arc<lapin::Connection>,
    lifeline: Arc<Lifeline>,
) {
    let connection = Arc::downgrade(connection);
    tokio::spawn(async move {
        tokio::select! {
            () = tell_each(changes, connection) => {}
            () = lifeline.ended() => {}
        }
    });
}

async fn tell_each(mut changes: watch::Receiver<Secret>, connection: Weak<lapin::Connection>) {
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
