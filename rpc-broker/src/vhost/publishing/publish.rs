//! Handles `basic.publish`.

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};
use bytes::Bytes;

use crate::{
    dead_letter::{routing_keys, without_bcc},
    ids::ChannelRef,
    message::Message,
    properties::Properties,
    protocol::{Outgoing, OutgoingContent, ProtocolError, ReplyCode},
    queue::expiration,
    vhost::{VhostState, permissions::Access, state::Confirms},
};

impl VhostState {
    pub(in crate::vhost) fn publish(
        &mut self,
        at: ChannelRef,
        publish: basic::Publish,
        properties: Properties,
        body: Bytes,
    ) -> Result<(), ProtocolError> {
        if publish.immediate {
            return Err(ProtocolError::new(ReplyCode::NotImplemented, "immediate=true"));
        }
        self.check_exchange(at, Access::Write, publish.exchange.as_str())?;
        self.check_space("Server low on disk space")?;
        self.check_publishable(&publish.exchange)?;
        let properties = self.with_reply_address(at, properties)?;
        self.check_user_id(at, &properties)?;
        expiration::parse(&properties, self.like())
            .map_err(|text| ProtocolError::new(ReplyCode::PreconditionFailed, text))?;

        let basic::Publish { exchange, routing_key, mandatory, .. } = publish;
        if let Some(mode) = properties.delivery_mode().filter(|mode| ![1, 2].contains(mode)) {
            let text = format!("invalid message: {{delivery_mode_unknown,{mode}}}");
            return Err(ProtocolError::new(ReplyCode::PreconditionFailed, text));
        }
        let message = Message { exchange, routing_key, properties, body };
        let keys =
            routing_keys(&message).map_err(|text| ProtocolError::new(ReplyCode::PreconditionFailed, text))?;
        let number = self.open_channel_mut(at).confirms.as_mut().map(Confirms::next);

        let replied = self.deliver_direct_reply(&message);
        let queues = self.route(&message.exchange, &keys, &message);
        if queues.is_empty() && mandatory && !(replied && self.like().direct_reply_counts_as_routed()) {
            self.return_unroutable(at, &message);
        }
        let message = without_bcc(message);
        let mut accepted = true;
        for queue in queues {
            accepted &= self.enqueue(queue, message.clone());
        }
        if !accepted && mandatory && self.like().returns_when_full() {
            self.return_unroutable(at, &message);
        }
        if let Some(number) = number {
            self.confirm_publish(at, number, accepted);
        }
        Ok(())
    }

    /// Refuses what needs memory or disk while the broker is low on them, where it says so in that way.
    pub(in crate::vhost) fn check_space(&self, text: &str) -> Result<(), ProtocolError> {
        if self.like().refuses_when_low() && self.shared.memory.blocked().is_some() {
            return Err(ProtocolError::new(ReplyCode::PreconditionFailed, text));
        }
        Ok(())
    }

    fn check_publishable(&self, exchange: &ShortString) -> Result<(), ProtocolError> {
        if exchange.as_str().is_empty() {
            return Ok(());
        }
        let resource = self.exchange_resource(exchange.as_str());
        let Some(exchange) = self.exchanges.get(exchange) else {
            return Err(ProtocolError::new(ReplyCode::NotFound, format!("no {resource}")));
        };
        if exchange.internal {
            return Err(ProtocolError::new(
                ReplyCode::AccessRefused,
                format!("cannot publish to internal {resource}"),
            ));
        }
        Ok(())
    }

    fn check_user_id(&self, at: ChannelRef, properties: &Properties) -> Result<(), ProtocolError> {
        let Some(claimed) = properties.user_id() else { return Ok(()) };
        let Some(session) = self.sessions.get(&at.connection) else { return Ok(()) };
        if claimed == session.user.as_bytes() {
            return Ok(());
        }
        let claimed = String::from_utf8_lossy(claimed);
        let text =
            format!("user_id property set to '{claimed}' but authenticated user was '{}'", session.user);
        Err(ProtocolError::new(ReplyCode::PreconditionFailed, text))
    }

    fn return_unroutable(&self, at: ChannelRef, message: &Message) {
        let Some(session) = self.sessions.get(&at.connection) else { return };
        let returned = basic::Return {
            reply_code: 312,
            reply_text: "NO_ROUTE".into(),
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
        };
        session.outgoing.send(Outgoing::Content(OutgoingContent {
            channel: at.channel,
            method: AMQPClass::Basic(basic::AMQPMethod::Return(returned)),
            properties: message.properties.clone(),
            body: message.body.clone(),
            queue: None,
        }));
    }
}
