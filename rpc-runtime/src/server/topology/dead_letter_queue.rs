//! The queue to which a server publishes the messages of another queue that failed.

use amqp_rpc_transport::{Delivered, Exchange, ExchangeKind, HeaderValue, Topology};

use super::{
    names::dead_letters_of,
    side_queues::{DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY, is_overflow_key},
};
use crate::wire::dead_letter::earlier_deliveries;

/// The queue of dead letters of a queue, and when a message goes there without being run again.
#[derive(Clone, Debug)]
pub(crate) struct DeadLetterQueue {
    pub(crate) name: String,
    /// How often the queue delivers a message, where it counts.
    delivery_limit: Option<u64>,
    /// Whether the queue's rejected messages come there through the broker, where it has what that needs.
    pub(crate) is_kept_by_broker: bool,
}

impl DeadLetterQueue {
    /// The queue of dead letters that `topology` declares for `queue`. `None` where another program decides
    /// about dead letters, or the user's own dead-letter exchange is to get them.
    pub(crate) fn of(queue: &str, topology: &Topology) -> Option<Self> {
        let name = dead_letters_of(queue);
        let arguments = &topology.queues.iter().find(|declared| declared.name == queue)?.arguments;
        let exchange = arguments.text(DEAD_LETTER_EXCHANGE)?;
        let is_ours =
            |declared: &Exchange| declared.name == exchange && declared.kind == ExchangeKind::Headers;
        let is_kept_by_broker = topology.exchanges.iter().any(is_ours);
        let overflows = arguments.text(DEAD_LETTER_KEY).is_some_and(|key| is_overflow_key(key, queue));
        if !is_kept_by_broker && !overflows {
            return None;
        }
        let delivery_limit = match arguments.get("x-delivery-limit") {
            Some(HeaderValue::Int(limit)) => u64::try_from(*limit).ok(),
            _ => None,
        };
        topology.queues.iter().any(|declared| declared.name == name).then_some(Self {
            name,
            delivery_limit,
            is_kept_by_broker,
        })
    }

    /// The number of earlier deliveries, if the message was delivered so often that it is not run again.
    pub(crate) fn exhausted(&self, delivered: &Delivered) -> Option<u64> {
        let limit = self.delivery_limit?;
        earlier_deliveries(delivered).filter(|deliveries| *deliveries >= limit)
    }
}
