//! The complete requests of a client, as the virtual host handles them.

use amq_protocol::protocol::{AMQPClass, basic};
use bytes::Bytes;

use super::ProtocolError;
use crate::{interception::Effect, properties::Properties};

/// A complete request of a client, or what takes its place in the order of the requests.
#[derive(Clone, Debug)]
pub(crate) enum Incoming {
    Method(u16, AMQPClass),
    Publish {
        channel: u16,
        publish: basic::Publish,
        properties: Properties,
        body: Bytes,
    },
    /// A publish with a body above the limit. The body was discarded.
    Oversized {
        channel: u16,
        size: u64,
    },
    /// The frames violate the protocol, so that the connection must be closed.
    Invalid(ProtocolError),
    /// A heartbeat: it only shows that the client is alive.
    Heartbeat,
    /// The effect of a rule.
    Effect(Effect),
}
