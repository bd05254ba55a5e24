//! The capabilities of a client.

use amq_protocol::types::{AMQPValue, FieldTable};

/// The protocol extensions that a client supports, as its `connection.start-ok` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) consumer_cancel_notify: bool,
    pub(crate) connection_blocked: bool,
    pub(crate) authentication_failure_close: bool,
}

impl Capabilities {
    /// Reads the table `capabilities` of the client properties.
    pub(crate) fn of(client_properties: &FieldTable) -> Self {
        let Some(AMQPValue::FieldTable(listed)) = client_properties.inner().get("capabilities") else {
            return Self::default();
        };
        let has = |name: &str| listed.inner().get(name) == Some(&AMQPValue::Boolean(true));
        Self {
            consumer_cancel_notify: has("consumer_cancel_notify"),
            connection_blocked: has("connection.blocked"),
            authentication_failure_close: has("authentication_failure_close"),
        }
    }
}
