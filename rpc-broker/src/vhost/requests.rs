//! Dispatches requests to their handlers, and closes the channel or connection of a request that fails.

use amq_protocol::protocol::{AMQPClass, access, basic, channel, confirm, connection, exchange, queue};

use super::{VhostState, sessions::on_connection};
use crate::{
    ids::{ChannelRef, ConnectionId},
    protocol::{Incoming, Outgoing, ProtocolError, ReplyCode},
};

const UNEXPECTED: &str = "unexpected method in connection state running";

impl VhostState {
    pub(in crate::vhost) fn handle(&mut self, from: ConnectionId, request: Incoming) {
        let Some(session) = self.sessions.get(&from) else { return };
        if let Incoming::Effect(effect) = request {
            return self.apply_effect(from, effect);
        }
        if session.closing {
            return self.handle_closing(from, &request);
        }
        match request {
            Incoming::Invalid(error) => self.close_connection(from, &error),
            Incoming::Method(0, AMQPClass::Connection(method)) => self.handle_connection(from, method),
            Incoming::Method(0, other) => {
                let error = ProtocolError::new(ReplyCode::ChannelError, UNEXPECTED);
                self.close_connection(
                    from,
                    &error.caused_by(other.get_amqp_class_id(), other.get_amqp_method_id()),
                );
            }
            Incoming::Method(channel, method) => {
                self.handle_channel(ChannelRef { connection: from, channel }, method);
            }
            Incoming::Heartbeat | Incoming::Effect(_) => {}
            Incoming::Publish { channel, publish, properties, body } => {
                let at = ChannelRef { connection: from, channel };
                self.on_open_channel(at, (60, 40), |vhost| vhost.publish(at, publish, properties, body));
            }
            Incoming::Oversized { channel, size } => {
                let at = ChannelRef { connection: from, channel };
                self.on_open_channel(at, (60, 40), |vhost| {
                    let most = vhost.shared.settings.max_message_size;
                    let text = format!("message size {size} is larger than configured max size {most}");
                    Err(ProtocolError::new(ReplyCode::PreconditionFailed, text))
                });
            }
        }
    }

    /// After a close, only its confirmation or the client's own close is handled.
    fn handle_closing(&mut self, from: ConnectionId, request: &Incoming) {
        let Incoming::Method(0, AMQPClass::Connection(method)) = request else { return };
        let Some(session) = self.sessions.get(&from) else { return };
        match method {
            connection::AMQPMethod::Close(_) => {
                session.outgoing.send(on_connection(connection::AMQPMethod::CloseOk(connection::CloseOk {})));
            }
            connection::AMQPMethod::CloseOk(_) => session.outgoing.send(Outgoing::End),
            _ => {}
        }
    }

    fn handle_connection(&mut self, from: ConnectionId, method: connection::AMQPMethod) {
        use connection::AMQPMethod as Method;
        match method {
            Method::Close(_) => self.handle_connection_close(from),
            Method::UpdateSecret(_) if !self.like().accepts_new_passwords() => {
                let text = "update-secret not supported for current authentication mechanism";
                let error = ProtocolError::new(ReplyCode::AccessRefused, text).caused_by(10, 70);
                self.close_connection(from, &error);
            }
            Method::UpdateSecret(_) => {
                // The password of an open connection is not checked again.
                let ok = Method::UpdateSecretOk(connection::UpdateSecretOk {});
                if let Some(session) = self.sessions.get(&from) {
                    session.outgoing.send(on_connection(ok));
                }
            }
            other => {
                let method = AMQPClass::Connection(other);
                let error = ProtocolError::new(ReplyCode::ChannelError, UNEXPECTED)
                    .caused_by(10, method.get_amqp_method_id());
                self.close_connection(from, &error);
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
            AMQPClass::Channel(Method::CloseOk(_)) if self.is_channel_closing(at) => self.remove_channel(at),
            AMQPClass::Channel(Method::Close(_)) if self.is_channel_closing(at) => {
                self.reply(at, AMQPClass::Channel(Method::CloseOk(channel::CloseOk {})));
            }
            AMQPClass::Channel(Method::Close(_)) if self.is_channel_open(at) => {
                self.end_channel(at);
                self.reply(at, AMQPClass::Channel(Method::CloseOk(channel::CloseOk {})));
            }
            method => self.on_open_channel(at, ids, |vhost| vhost.call_method(at, method)),
        }
    }

    /// Runs a handler on an open channel. Requests on a closing channel are ignored; on any other channel
    /// they are an error.
    fn on_open_channel(
        &mut self,
        at: ChannelRef,
        ids: (u16, u16),
        action: impl FnOnce(&mut Self) -> Result<(), ProtocolError>,
    ) {
        if self.is_channel_closing(at) {
            return;
        }
        let done = if self.is_channel_open(at) {
            action(self)
        } else {
            Err(ProtocolError::new(ReplyCode::ChannelError, "expected 'channel.open'"))
        };
        self.close_if_refused(at, done, ids);
        // Dead letters of this request come before the next request.
        self.publish_dead_letters();
    }

    fn close_if_refused(
        &mut self,
        at: ChannelRef,
        done: Result<(), ProtocolError>,
        (class, method): (u16, u16),
    ) {
        let Err(error) = done else { return };
        let error = error.caused_by(class, method);
        if error.code.is_channel_error() {
            self.close_channel(at, &error);
        } else {
            self.close_connection(at.connection, &error);
        }
    }

    fn call_method(&mut self, at: ChannelRef, method: AMQPClass) -> Result<(), ProtocolError> {
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
            AMQPClass::Queue(Queue::Delete(delete)) => self.handle_queue_delete(at, &delete),
            AMQPClass::Queue(Queue::Purge(purge)) => self.purge_queue(at, &purge),
            AMQPClass::Queue(Queue::Bind(bind)) => self.bind_queue(at, bind),
            AMQPClass::Queue(Queue::Unbind(unbind)) => self.unbind_queue(at, unbind),
            AMQPClass::Confirm(confirm::AMQPMethod::Select(select)) => {
                self.select_confirms(at, select.nowait)
            }
            AMQPClass::Channel(channel::AMQPMethod::Flow(flow)) => self.flow(at, flow.active),
            AMQPClass::Access(_) => {
                let ok = access::RequestOk {};
                self.reply(at, AMQPClass::Access(access::AMQPMethod::RequestOk(ok)));
                Ok(())
            }
            AMQPClass::Tx(_) => {
                Err(ProtocolError::new(ReplyCode::NotImplemented, "transactions: use publisher confirms"))
            }
            _ => Err(ProtocolError::new(ReplyCode::CommandInvalid, "unimplemented method")),
        }
    }

    fn flow(&mut self, at: ChannelRef, active: bool) -> Result<(), ProtocolError> {
        if !active {
            return Err(ProtocolError::new(ReplyCode::NotImplemented, "active=false"));
        }
        let ok = channel::AMQPMethod::FlowOk(channel::FlowOk { active });
        self.reply(at, AMQPClass::Channel(ok));
        Ok(())
    }
}

/// `requeue=false` is not implemented, as with RabbitMQ.
fn check_recover(requeue: bool) -> Result<(), ProtocolError> {
    if requeue { Ok(()) } else { Err(ProtocolError::new(ReplyCode::NotImplemented, "requeue=false")) }
}
