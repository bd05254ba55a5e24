//! Hands the replies of a dialect's peers to their calls.

use amqp_rpc_transport::Delivered;

use super::Received;
use crate::{
    client::session::link::Link,
    dialect::{ClientDialect, Delivery, PeerReply, caught},
    wire::reply::ReceivedReply,
};

impl Link {
    /// Hands a reply to its call.
    pub(super) fn receive_in(&self, dialect: &dyn ClientDialect, delivered: Box<Delivered>) -> Received {
        let Delivered { exchange, routing_key, properties, body, refusal, .. } = *delivered;
        let delivery = Delivery { exchange, routing_key, properties, body };
        let id = caught(|| dialect.correlation_id(&delivery))
            .unwrap_or_else(|| delivery.properties.correlation_id.clone());
        if refusal.is_some() {
            // The dialect has not seen its body.
            return self.complete(id, ReceivedReply::cut(refusal)).into();
        }
        let reply = caught(|| dialect.read_reply(delivery)).unwrap_or_else(|| {
            tracing::error!(dialect = dialect.name(), "the dialect panicked when it read a reply");
            PeerReply::Unreadable
        });
        let reply = match reply {
            PeerReply::Value { content_type, body } => ReceivedReply::of_value(content_type, body),
            PeerReply::Error { content_type, body } => ReceivedReply::of_error(content_type, body),
            PeerReply::Fault(fault) => ReceivedReply::of_fault(&fault),
            PeerReply::UncertainFault(fault) => ReceivedReply::of_uncertain_fault(&fault),
            PeerReply::Unreadable => ReceivedReply::unreadable(),
            PeerReply::Pending => return Received::Pending,
        };
        self.complete(id, reply).into()
    }
}
