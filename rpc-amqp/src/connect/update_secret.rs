//! Sends changed passwords to the broker on a live connection (`connection.update-secret`).

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::{error::BrokerError, options::Secret, transport::cutoff::Cutoff};

/// Spawns a task that sends each changed password to the broker for as long as the connection lives.
///
/// The task is detached but bounded: it ends with the byte stream, or when the last handle of the connection
/// is dropped.
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
        let update = connection.update_secret(secret.reveal().into(), "the credentials were updated".into());
        match update.await.map_err(BrokerError::from) {
            Ok(()) => tracing::debug!("the password of a live connection was updated"),
            Err(error) => {
                tracing::warn!(%error, "the password of a live connection could not be updated");
            }
        }
    }
}
