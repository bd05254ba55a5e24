//! Direct reply-to: delivers replies to the channel that waits for them, without a queue.

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use crate::{
    ids::ChannelRef,
    message::Message,
    properties::Properties,
    protocol::{Outgoing, ProtocolError, ReplyCode},
    vhost::{VhostState, names::unguessable, state::ReplyConsumer},
};

/// What clients consume from and write into `reply_to`: RabbitMQ's name, and LavinMQ's.
const NAMES: [&str; 2] = ["amq.rabbitmq.reply-to", "amq.direct.reply-to"];

/// A client that does not read keeps at most this many bytes of replies waiting; more are dropped, as replies are at most once.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// The pseudo queue's name, when it is one.
pub(in crate::vhost) fn pseudo_queue(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
}

/// The end of an address, after one of the names and a dot.
fn suffix(address: &str) -> Option<&str> {
    NAMES.iter().find_map(|name| address.strip_prefix(name)?.strip_prefix('.'))
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

    /// Ends the reply consumer of this tag; false when there is none.
    pub(in crate::vhost) fn cancel_replies(&mut self, at: ChannelRef, tag: &ShortString) -> bool {
        let channel = self.open_channel_mut(at);
        let Some(ended) = channel.reply_consumer.take_if(|consumer| consumer.tag == *tag) else {
            return false;
        };
        self.reply_addresses.remove(&ended.suffix);
        true
    }

    /// Puts the real address into a request whose `reply_to` is the pseudo queue.
    pub(in crate::vhost) fn with_reply_address(
        &mut self,
        at: ChannelRef,
        properties: Properties,
    ) -> Result<Properties, ProtocolError> {
        let name = properties.reply_to().and_then(|reply_to| std::str::from_utf8(reply_to).ok());
        let Some(name) = name.and_then(pseudo_queue) else { return Ok(properties) };
        match &self.open_channel_mut(at).reply_consumer {
            Some(consumer) if consumer.prefix == name => {
                let address = format!("{name}.{}", consumer.suffix);
                Ok(properties.with_reply_to(address.as_bytes()))
            }
            _ => Err(ProtocolError::new(ReplyCode::PreconditionFailed, "fast reply consumer does not exist")),
        }
    }

    /// Who gets what is sent to a direct reply address.
    fn reply_consumer(&self, address: &str) -> Option<ChannelRef> {
        self.reply_addresses.get(suffix(address)?).copied()
    }

    /// Whether this is the pseudo queue, or the address of somebody who waits.
    pub(in crate::vhost) fn has_reply_consumer(&self, name: &str) -> bool {
        pseudo_queue(name).is_some() || self.reply_consumer(name).is_some()
    }

    /// Whether a name is that of a direct reply address or of the pseudo queue.
    pub(in crate::vhost) fn is_reply_address(name: &str) -> bool {
        pseudo_queue(name).is_some() || suffix(name).is_some()
    }

    /// Delivers a reply; false when the message is none, or nobody waits for it.
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
            // A reply is not settled and takes no tag of its own, as with RabbitMQ: the channel's next delivery has it, too.
            delivery_tag: channel.last_delivery_tag + 1,
            redelivered: false,
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
        };
        session.outgoing.send(Outgoing::Content(
            at.channel,
            AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver)),
            message.properties.clone(),
            message.body.clone(),
        ));
        true
    }
}
