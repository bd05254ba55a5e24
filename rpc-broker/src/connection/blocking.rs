//! Stops reading a publisher while publishing is blocked, and reports it with `connection.blocked`.

use amq_protocol::protocol::{AMQPClass, connection};

use crate::{
    memory::Memory,
    protocol::{Outgoing, OutgoingQueue, reply_text},
};

/// Waits until publishing is allowed. Heartbeats are not checked meanwhile, as with RabbitMQ.
///
/// `is_reported`: the client has the capability `connection.blocked`.
pub(super) async fn wait_until_unblocked(memory: &Memory, outgoing: &OutgoingQueue, is_reported: bool) {
    let Some(reason) = memory.blocked() else { return };
    if is_reported {
        let blocked = connection::Blocked { reason: reply_text(reason.as_ref().to_owned()) };
        outgoing.send(on_connection(connection::AMQPMethod::Blocked(blocked)));
    }
    memory.until_unblocked().await;
    if is_reported {
        outgoing.send(on_connection(connection::AMQPMethod::Unblocked(connection::Unblocked {})));
    }
}

fn on_connection(method: connection::AMQPMethod) -> Outgoing {
    Outgoing::Method(0, AMQPClass::Connection(method))
}
