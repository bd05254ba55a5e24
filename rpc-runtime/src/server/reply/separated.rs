//! The calls of a message that has several.

use amqp_rpc_transport::{Delivered, Part, Parts};

use super::{
    part_tag::PartTag,
    settlement::{Settlement, Settlements},
};
use crate::wire::reply_address::takes_coalesced;

/// The calls of a delivery, in their order; of most deliveries one.
pub(crate) enum Separated {
    One(Option<Box<Delivered>>),
    Several(Box<Several>),
}

pub(crate) struct Several {
    /// The delivery, without its body.
    delivered: Delivered,
    parts: Parts,
    index: u16,
}

impl Separated {
    /// Announces to the settler how many calls the delivery has, before any of them can be settled.
    ///
    /// A message that cannot be separated stays one: it is refused as a request that cannot be read. So is one of a
    /// client that reads no coalesced replies.
    pub(crate) fn new(mut delivered: Box<Delivered>, settlements: &Settlements) -> Self {
        let reply_to = delivered.properties.reply_to.as_deref();
        let is_separable = delivered.is_coalesced() && reply_to.is_some_and(takes_coalesced);
        if !is_separable || delivered.refusal.is_some() {
            return Self::One(Some(delivered));
        }
        let parts = match Parts::read(&delivered) {
            Ok(parts) => parts,
            Err(refusal) => {
                delivered.refusal = Some(refusal);
                return Self::One(Some(delivered));
            }
        };
        let calls = u16::try_from(parts.len()).expect("no more than 1,024 parts are read");
        // Without a settler the channel is lost, and the broker delivers again.
        let _ = settlements.send(Settlement::Coalesced { delivery: delivered.tag, calls });
        delivered.body = Default::default();
        Self::Several(Box::new(Several { delivered: *delivered, parts, index: 0 }))
    }

    /// A delivery that has one call.
    pub(crate) fn whole(delivered: Box<Delivered>) -> Self {
        Self::One(Some(delivered))
    }

    /// Whether no call is left.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::One(delivered) => delivered.is_none(),
            Self::Several(several) => several.parts.len() == 0,
        }
    }
}

impl Iterator for Separated {
    type Item = Box<Delivered>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::One(delivered) => delivered.take(),
            Self::Several(several) => several.next(),
        }
    }
}

impl Several {
    fn next(&mut self) -> Option<Box<Delivered>> {
        let Part { properties, body, refusal } = self.parts.next()?;
        let tag = PartTag { delivery: self.delivered.tag, index: self.index }.tag();
        self.index += 1;
        let Delivered { redelivered, exchange, routing_key, received_at, .. } = &self.delivered;
        Some(Box::new(Delivered {
            tag,
            redelivered: *redelivered,
            exchange: exchange.clone(),
            routing_key: routing_key.clone(),
            properties,
            body,
            refusal,
            received_at: *received_at,
        }))
    }
}
