//! From a request to what handles it, and from a refusal to the close it costs.

use amq_protocol::protocol::{AMQPClass, basic, channel, confirm, connection, exchange, queue};

use crate::{
    connection::{Incoming, Outgoing},
    ids::{ChannelRef, ConnectionId},
    refusal::{Code, Refusal},
    vhost::Vhost,
};

const UNEXPECTED: &str = "unexpected method in connection state running";

impl Vhost {
    pub(super) fn handle(&mut self, from: ConnectionId, request: Incoming) {
        let Some(session) = self.sessions.get(&from) else { return };
        if let Incoming::Decreed(decree) = request {
            return self.obey(from, decree);
        }
        if session.closing {
            return self.handle_closing(from, &request);
        }
        match request {
            Incoming::Refused(refusal) => self.close_connection(from, &refusal),
            Incoming::Method(0, AMQPClass::Connection(method)) => self.handle_connection(from, method),
            Incoming::Method(0, other) => {
                let refusal = Refusal::new(Code::ChannelError, UNEXPECTED);
                self.close_connection(
                    from,
                    &refusal.blaming(other.get_amqp_class_id(), other.get_amqp_method_id()),
                );
            }
            Incoming::Method(channel, method) => {
                self.handle_channel(ChannelRef { connection: from, channel }, method);
            }
            Incoming::Heartbeat | Incoming::Decreed(_) => {}
            Incoming::Publish { channel, publish, properties, body } => {
                let at = ChannelRef { connection: from, channel };
                self.on_open_channel(at, (60, 40), |vhost| vhost.publish(at, publish, properties, body));
            }
            Incoming::Oversized { channel, size } => {
                let at = ChannelRef { connection: from, channel };
                self.on_open_channel(at, (60, 40), |vhost| {
                    let most = vhost.shared.settings.max_message_size;
                    let text = format!("message size {size} is larger than configured max size {most}");
                    Err(Refusal::new(Code::PreconditionFailed, text))
                });
            }
        }
    }

    /// After a close only its confirmation matters, or the other side's close.
    fn handle_closing(&mut self, from: ConnectionId, request: &Incoming) {
        let Incoming::Method(0, AMQPClass::Connection(method)) = request else { return };
        let Some(session) = self.sessions.get(&from) else { return };
        match method {
            connection::AMQPMethod::Close(_) => {
                session.link.send(on_connection(connection::AMQPMethod::CloseOk(connection::CloseOk {})));
            }
            connection::AMQPMethod::CloseOk(_) => session.link.send(Outgoing::End),
            _ => {}
        }
    }

    fn handle_connection(&mut self, from: ConnectionId, method: connection::AMQPMethod) {
        use connection::AMQPMethod as Method;
        match method {
            Method::Close(_) => self.confirm_close(from),
            Method::UpdateSecret(_) => {
                // Passwords of connections that are in are not looked at again.
                let ok = Method::UpdateSecretOk(connection::UpdateSecretOk {});
                if let Some(session) = self.sessions.get(&from) {
                    session.link.send(on_connection(ok));
                }
            }
            other => {
                let method = AMQPClass::Connection(other);
                let refusal =
                    Refusal::new(Code::ChannelError, UNEXPECTED).blaming(10, method.get_amqp_method_id());
                self.close_connection(from, &refusal);
            }
        }
    }

    fn handle_channel(&mut self, at: ChannelRef, method: AMQPClass) {
        use channel::AMQPMethod as Method;
        let ids = (method.get_amqp_class_id(), method.get_amqp_method_id());
        match method {
            AMQPClass::Channel(Method::Open(_)) => {
                let opened = self.open_channel(at);
                self.close_if_refused(at, opened, ids);
            }
            AMQPClass::Channel(Method::CloseOk(_)) if self.is_channel_closing(at) => self.forget_channel(at),
            AMQPClass::Channel(Method::Close(_)) if self.is_channel_closing(at) => {
                self.reply(at, AMQPClass::Channel(Method::CloseOk(channel::CloseOk {})));
            }
            AMQPClass::Channel(Method::Close(_)) if self.is_channel_open(at) => {
                self.end_channel(at);
                self.reply(at, AMQPClass::Channel(Method::CloseOk(channel::CloseOk {})));
            }
            method => self.on_open_channel(at, ids, |vhost| vhost.apply(at, method)),
        }
    }

    /// Does what was asked on an open channel. On one that is closing, requests are ignored; others were never opened.
    fn on_open_channel(
        &mut self,
        at: ChannelRef,
        ids: (u16, u16),
        action: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) {
        if self.is_channel_closing(at) {
            return;
        }
        let done = if self.is_channel_open(at) {
            action(self)
        } else {
            Err(Refusal::new(Code::ChannelError, "expected 'channel.open'"))
        };
        self.close_if_refused(at, done, ids);
        // What this has caused comes before the next request's doing.
        self.publish_dead_letters();
    }

    fn close_if_refused(&mut self, at: ChannelRef, done: Result<(), Refusal>, (class, method): (u16, u16)) {
        let Err(refusal) = done else { return };
        let refusal = refusal.blaming(class, method);
        if refusal.code.is_soft() {
            self.close_channel(at, &refusal);
        } else {
            self.close_connection(at.connection, &refusal);
        }
    }

    fn apply(&mut self, at: ChannelRef, method: AMQPClass) -> Result<(), Refusal> {
        use basic::AMQPMethod as Basic;
        use exchange::AMQPMethod as Exchange;
        use queue::AMQPMethod as Queue;
        match method {
            AMQPClass::Basic(Basic::Ack(ack)) => self.ack(at, ack.delivery_tag, ack.multiple),
            AMQPClass::Basic(Basic::Nack(nack)) => {
                self.nack(at, nack.delivery_tag, nack.multiple, nack.requeue)
            }
            AMQPClass::Basic(Basic::Reject(reject)) => self.reject(at, reject.delivery_tag, reject.requeue),
            AMQPClass::Basic(Basic::Get(get)) => self.get(at, get),
            AMQPClass::Basic(Basic::Consume(consume)) => self.consume(at, consume),
            AMQPClass::Basic(Basic::Cancel(cancel)) => self.cancel(at, cancel),
            AMQPClass::Basic(Basic::Qos(qos)) => self.qos(at, &qos),
            AMQPClass::Basic(Basic::Recover(recover)) => {
                check_recover(recover.requeue)?;
                self.reply(at, AMQPClass::Basic(Basic::RecoverOk(basic::RecoverOk {})));
                self.recover(at)
            }
            AMQPClass::Basic(Basic::RecoverAsync(recover)) => {
                check_recover(recover.requeue)?;
                self.recover(at)
            }
            AMQPClass::Exchange(Exchange::Declare(declare)) => self.declare_exchange(at, declare),
            AMQPClass::Exchange(Exchange::Delete(delete)) => self.delete_exchange(at, &delete),
            AMQPClass::Exchange(Exchange::Bind(bind)) => self.bind_exchange(at, bind),
            AMQPClass::Exchange(Exchange::Unbind(unbind)) => self.unbind_exchange(at, unbind),
            AMQPClass::Queue(Queue::Declare(declare)) => self.declare_queue(at, declare),
            AMQPClass::Queue(Queue::Delete(delete)) => self.delete_queue_by(at, &delete),
            AMQPClass::Queue(Queue::Purge(purge)) => self.purge_queue(at, &purge),
            AMQPClass::Queue(Queue::Bind(bind)) => self.bind_queue(at, bind),
            AMQPClass::Queue(Queue::Unbind(unbind)) => self.unbind_queue(at, unbind),
            AMQPClass::Confirm(confirm::AMQPMethod::Select(select)) => {
                self.select_confirms(at, select.nowait)
            }
            AMQPClass::Channel(channel::AMQPMethod::Flow(flow)) => self.flow(at, flow.active),
            AMQPClass::Access(_) => {
                let ok = amq_protocol::protocol::access::RequestOk {};
                self.reply(at, AMQPClass::Access(amq_protocol::protocol::access::AMQPMethod::RequestOk(ok)));
                Ok(())
            }
            AMQPClass::Tx(_) => {
                Err(Refusal::new(Code::NotImplemented, "transactions: use publisher confirms"))
            }
            _ => Err(Refusal::new(Code::CommandInvalid, "unimplemented method")),
        }
    }

    fn flow(&mut self, at: ChannelRef, active: bool) -> Result<(), Refusal> {
        if !active {
            return Err(Refusal::new(Code::NotImplemented, "active=false"));
        }
        let ok = channel::AMQPMethod::FlowOk(channel::FlowOk { active });
        self.reply(at, AMQPClass::Channel(ok));
        Ok(())
    }

    /// Sends a method to the client on this channel.
    pub(super) fn reply(&self, at: ChannelRef, method: AMQPClass) {
        if let Some(session) = self.sessions.get(&at.connection) {
            session.link.send(Outgoing::Method(at.channel, method));
        }
    }

    /// Sends a method unless the client said that it does not wait for one.
    pub(super) fn reply_unless(&self, nowait: bool, at: ChannelRef, method: AMQPClass) {
        if !nowait {
            self.reply(at, method);
        }
    }
}

/// Sending messages to the same consumer again is not offered, as with RabbitMQ.
fn check_recover(requeue: bool) -> Result<(), Refusal> {
    if requeue { Ok(()) } else { Err(Refusal::new(Code::NotImplemented, "requeue=false")) }
}

pub(super) fn on_connection(method: connection::AMQPMethod) -> Outgoing {
    Outgoing::Method(0, AMQPClass::Connection(method))
}
