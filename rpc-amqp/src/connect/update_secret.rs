//! Sends changed passwords to the broker on a live connection (`connection.update-secret`).

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::{broker::Broker, error::BrokerError, options::Secret, transport::cutoff::Cutoff};

/// Spawns a task that sends each changed password to the broker for as long as the connection lives. A broker
/// that would close the connection for it gets the password at the next login.
///
/// The task is detached but bounded: it ends with the byte stream, or when the last handle of the connection
/// is dropped.
pub(crate) fn forward_changes(
    changes: watch::Receiver<Secret>,
    connection: &Arc<lapin::Connection>,
    broker: Broker,
    cutoff: Arc<Cutoff>,
) {
    let connection = Arc::downgrade(connection);
    tokio::spawn(async move {
        tokio::select! {
            () = send_each(changes, connection, broker) => {}
            () = cutoff.ended() => {}
        }
    });
}

async fn send_each(
    mut changes: watch::Receiver<Secret>,
    connection: Weak<lapin::Connection>,
    broker: Broker,
) {
    while changes.changed().await.is_ok() {
        let Some(connection) = connection.upgrade() else { return };
        let secret = changes.borrow_and_update().clone();
        if !broker.accepts_update_secret(secret.reveal()) {
            tracing::debug!(%broker, "the new password is used at the next login");
            continue;
        }
        let update = connection.update_secret(secret.reveal().into(), "the credentials were updated".into());
        match update.await.map_err(BrokerError::from) {
            Ok(()) => tracing::debug!("the password of a live connection was updated"),
            Err(error) => {
                tracing::warn!(%error, "the password of a live connection could not be updated");
            }
        }
    }
}
