//! Binds queues and exchanges to exchanges, and unbinds them.

use amq_protocol::{
    protocol::{AMQPClass, exchange, queue},
    types::{FieldTable, ShortString},
};

use super::lookup::refuse_default;
use crate::{
    exchange::Destination,
    ids::ChannelRef,
    protocol::{ProtocolError, ReplyCode},
    vhost::{VhostState, names::without_line_breaks, permissions::Access},
};

/// A binding that is to be added or removed.
struct Binding {
    source: ShortString,
    destination: Destination,
    routing_key: ShortString,
    arguments: FieldTable,
}

impl VhostState {
    pub(in crate::vhost) fn bind_queue(
        &mut self,
        at: ChannelRef,
        bind: queue::Bind,
    ) -> Result<(), ProtocolError> {
        let binding = self.queue_binding(at, bind.queue, bind.exchange, bind.routing_key, bind.arguments)?;
        self.bind(at, binding)?;
        let ok = queue::AMQPMethod::BindOk(queue::BindOk {});
        self.reply_unless(bind.nowait, at, AMQPClass::Queue(ok));
        Ok(())
    }

    pub(in crate::vhost) fn unbind_queue(
        &mut self,
        at: ChannelRef,
        unbind: queue::Unbind,
    ) -> Result<(), ProtocolError> {
        let queue::Unbind { queue, exchange, routing_key, arguments } = unbind;
        let binding = self.queue_binding(at, queue, exchange, routing_key, arguments)?;
        self.unbind(at, &binding)?;
        self.reply(at, AMQPClass::Queue(queue::AMQPMethod::UnbindOk(queue::UnbindOk {})));
        Ok(())
    }

    pub(in crate::vhost) fn bind_exchange(
        &mut self,
        at: ChannelRef,
        bind: exchange::Bind,
    ) -> Result<(), ProtocolError> {
        let exchange::Bind { destination, source, routing_key, nowait, arguments } = bind;
        let destination = Destination::Exchange(without_line_breaks(&destination));
        let source = without_line_breaks(&source);
        self.bind(at, Binding { source, destination, routing_key, arguments })?;
        let ok = exchange::AMQPMethod::BindOk(exchange::BindOk {});
        self.reply_unless(nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    pub(in crate::vhost) fn unbind_exchange(
        &mut self,
        at: ChannelRef,
        unbind: exchange::Unbind,
    ) -> Result<(), ProtocolError> {
        let exchange::Unbind { destination, source, routing_key, nowait, arguments } = unbind;
        let destination = Destination::Exchange(without_line_breaks(&destination));
        let source = without_line_breaks(&source);
        self.unbind(at, &Binding { source, destination, routing_key, arguments })?;
        let ok = exchange::AMQPMethod::UnbindOk(exchange::UnbindOk {});
        self.reply_unless(nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    /// An empty queue name means the queue that was declared last. With an empty routing key as well, its
    /// name is the routing key.
    fn queue_binding(
        &mut self,
        at: ChannelRef,
        queue: ShortString,
        exchange: ShortString,
        routing_key: ShortString,
        arguments: FieldTable,
    ) -> Result<Binding, ProtocolError> {
        let named = self.named_queue(at, &queue)?;
        let routing_key = if queue.as_str().is_empty() && routing_key.as_str().is_empty() {
            named.clone()
        } else {
            routing_key
        };
        let destination = Destination::Queue(without_line_breaks(&named));
        Ok(Binding { source: without_line_breaks(&exchange), destination, routing_key, arguments })
    }

    fn bind(&mut self, at: ChannelRef, binding: Binding) -> Result<(), ProtocolError> {
        self.check_binding(at, &binding)?;
        let Binding { source, destination, routing_key, arguments } = binding;
        self.existing_exchange(&source)?;
        self.check_destination_access(at, &destination)?;
        let like = self.like();
        let exchange = self.existing_exchange(&source)?;
        exchange
            .check_binding(&arguments, like)
            .map_err(|text| ProtocolError::new(ReplyCode::PreconditionFailed, text))?;
        exchange.bind(destination, routing_key, arguments);
        Ok(())
    }

    /// As with RabbitMQ, removing a binding that does not exist succeeds, whichever part of it is missing.
    fn unbind(&mut self, at: ChannelRef, binding: &Binding) -> Result<(), ProtocolError> {
        self.check_binding(at, binding)?;
        let Binding { source, destination, routing_key, arguments } = binding;
        let Some(exchange) = self.exchanges.get_mut(source) else { return Ok(()) };
        let is_bound = exchange.bindings().any(|bound| bound == (destination, routing_key, arguments));
        if !is_bound {
            return Ok(());
        }
        self.check_destination_access(at, destination)?;
        let Some(exchange) = self.exchanges.get_mut(source) else { return Ok(()) };
        exchange.unbind(destination, routing_key, arguments);
        if exchange.auto_delete && exchange.is_unbound() {
            self.remove_exchange(source);
        }
        Ok(())
    }

    /// Checks in RabbitMQ's order: permission on the destination, no default exchange, permission on the
    /// source.
    fn check_binding(&mut self, at: ChannelRef, binding: &Binding) -> Result<(), ProtocolError> {
        match &binding.destination {
            Destination::Queue(name) => self.check_queue(at, Access::Write, name.as_str())?,
            Destination::Exchange(name) => {
                self.check_exchange(at, Access::Write, name.as_str())?;
                refuse_default(name)?;
            }
        }
        refuse_default(&binding.source)?;
        self.check_exchange(at, Access::Read, binding.source.as_str())
    }

    fn check_destination_access(
        &mut self,
        at: ChannelRef,
        destination: &Destination,
    ) -> Result<(), ProtocolError> {
        match destination {
            Destination::Queue(name) => {
                let id = self.existing_queue(name)?;
                self.check_exclusive_access(at, id)
            }
            Destination::Exchange(name) => self.existing_exchange(name).map(|_| ()),
        }
    }
}
