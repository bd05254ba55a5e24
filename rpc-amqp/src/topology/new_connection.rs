//! Runs an operation on a new connection, once too many channels of the current one have leaked.

use std::future::Future;

use crate::{
    connect::connect,
    connection::Connection,
    error::{BrokerError, ConnectError},
};

/// Connects to the same broker, runs `operation` on the new connection, and closes it.
///
/// # Errors
/// When no connection could be made.
pub(crate) async fn on_new_connection<T, F, O>(
    connection: &Connection,
    operation: F,
) -> Result<T, BrokerError>
where
    F: FnOnce(Connection) -> O,
    O: Future<Output = T>,
{
    let (options, inbound) = connection.options();
    let result = connect(options, inbound, async |other: Connection| {
        let result = operation(other.clone()).await;
        other.close().await;
        Ok(result)
    });
    result.await.map_err(|error: ConnectError| BrokerError::new(None, error.to_string()))
}
