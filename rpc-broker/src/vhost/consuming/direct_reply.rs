//! Direct reply-to: delivers replies to the channel that waits for them, without a queue.

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use crate::{
    ids::ChannelRef,
    message::Message,
    properties::Properties,
    protocol::{Outgoing, OutgoingContent, ProtocolError, ReplyCode},
    vhost::{VhostState, names::unguessable, state::ReplyConsumer},
};

/// The names of the pseudo queue, which clients consume from and write into `reply_to`: RabbitMQ's and
/// LavinMQ's.
const PSEUDO_QUEUES: [&str; 2] = ["amq.rabbitmq.reply-to", "amq.direct.reply-to"];

/// The bytes that may wait for a client that does not read. More replies are dropped, as direct replies are
/// at most once.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// Returns the name if it is that of a pseudo queue.
pub(in crate::vhost) fn pseudo_queue(name: &str) -> Option<&'static str> {
    PSEUDO_QUEUES.into_iter().find(|known| *known == name)
}

/// Returns the end of a reply address, after the name of a pseudo queue and a dot.
fn suffix(address: &str) -> Option<&str> {
    PSEUDO_QUEUES.iter().find_map(|name| address.strip_prefix(name)?.strip_prefix('.'))
}

impl VhostState {
    pub(in crate::vhost) fn consume_replies(
        &mut self,
        at: ChannelRef,
        prefix: &'static str,
        consume: &basic::Consume,
        tag: ShortString,
    ) -> Result<(), ProtocolError> {
        let refuse = |text: &str| Err(ProtocolError::new(ReplyCode::PreconditionFailed, text));
        if !consume.no_ack {
            return refuse("reply consumer cannot acknowledge");
        }
        let channel = self.open_channel_mut(at);
        if channel.reply_consumer.is_some() {
            return refuse("reply consumer already set");
        }
        let suffix = format!("{}.{}", unguessable(), unguessable());
        channel.reply_consumer = Some(ReplyConsumer { tag: tag.clone(), prefix, suffix: suffix.clone() });
        self.reply_addresses.insert(suffix, at);
        let ok = basic::AMQPMethod::ConsumeOk(basic::ConsumeOk { consumer_tag: tag });
        self.reply_unless(consume.nowait, at, AMQPClass::Basic(ok));
        Ok(())
    }

    /// Cancels the reply consumer with this tag; returns false when there is none.
    pub(in crate::vhost) fn cancel_replies(&mut self, at: ChannelRef, tag: &ShortString) -> bool {
        let channel = self.open_channel_mut(at);
        let Some(ended) = channel.reply_consumer.take_if(|consumer| consumer.tag == *tag) else {
            return false;
        };
        self.reply_addresses.remove(&ended.suffix);
        true
    }

    /// Replaces the name of the pseudo queue in `reply_to` by the reply address of the channel.
    pub(in crate::vhost) fn with_reply_address(
        &mut self,
        at: ChannelRef,
        properties: Properties,
    ) -> Result<Properties, ProtocolError> {
        let name = properties.reply_to().and_then(|reply_to| std::str::from_utf8(reply_to).ok());
        let Some(name) = name.and_then(pseudo_queue) else { return Ok(properties) };
        let of_all = self.like().direct_reply_prefix();
        match &self.open_channel_mut(at).reply_consumer {
            Some(consumer) if of_all.is_some() || consumer.prefix == name => {
                let address = format!("{}.{}", of_all.unwrap_or(name), consumer.suffix);
                Ok(properties.with_reply_to(address.as_bytes()))
            }
            _ => Err(ProtocolError::new(ReplyCode::PreconditionFailed, "fast reply consumer does not exist")),
        }
    }

    /// Returns the channel that consumes the replies to an address.
    fn reply_consumer(&self, address: &str) -> Option<ChannelRef> {
        self.reply_addresses.get(suffix(address)?).copied()
    }

    /// Returns whether the name is a pseudo queue, or a reply address with a consumer.
    pub(in crate::vhost) fn has_reply_consumer(&self, name: &str) -> bool {
        pseudo_queue(name).is_some() || self.reply_consumer(name).is_some()
    }

    /// Returns whether the name is a pseudo queue, or has the form of a reply address.
    pub(in crate::vhost) fn is_reply_address(name: &str) -> bool {
        pseudo_queue(name).is_some() || suffix(name).is_some()
    }

    /// Delivers a direct reply; returns false when the message is not one, or no channel consumes it.
    pub(in crate::vhost) fn deliver_direct_reply(&mut self, message: &Message) -> bool {
        if !message.exchange.as_str().is_empty() {
            return false;
        }
        let Some(at) = self.reply_consumer(message.routing_key.as_str()) else { return false };
        let Some(session) = self.sessions.get_mut(&at.connection) else { return false };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return false };
        let Some(consumer_tag) = channel.reply_consumer.as_ref().map(|consumer| consumer.tag.clone()) else {
            return false;
        };
        if session.outgoing.unwritten_bytes() > MAX_UNREAD_BYTES {
            tracing::warn!(user = %session.user, "a direct reply was dropped: the client does not read");
            return true;
        }
        let deliver = basic::Deliver {
            consumer_tag,
            // A direct reply uses up no delivery tag, as with RabbitMQ: the next delivery of the channel has
            // the same one.
            delivery_tag: channel.last_delivery_tag + 1,
            redelivered: false,
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
        };
        session.outgoing.send(Outgoing::Content(OutgoingContent {
            channel: at.channel,
            method: AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver)),
            properties: message.properties.clone(),
            body: message.body.clone(),
            queue: None,
        }));
        true
    }
}
