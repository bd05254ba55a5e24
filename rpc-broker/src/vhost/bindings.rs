//! Binding queues and exchanges to exchanges, and unbinding them.

use amq_protocol::{
    protocol::{AMQPClass, exchange, queue},
    types::{FieldTable, ShortString},
};

use crate::{
    exchange::Destination,
    ids::ChannelRef,
    refusal::{Code, Refusal},
    vhost::{Vhost, exchanges::refuse_default, names::without_line_breaks, permissions::Access},
};

/// A binding that was asked for or is to be removed.
struct Wanted {
    source: ShortString,
    destination: Destination,
    routing_key: ShortString,
    arguments: FieldTable,
}

impl Vhost {
    pub(super) fn bind_queue(&mut self, at: ChannelRef, bind: queue::Bind) -> Result<(), Refusal> {
        let wanted = self.queue_binding(at, bind.queue, bind.exchange, bind.routing_key, bind.arguments)?;
        self.bind(at, wanted)?;
        let ok = queue::AMQPMethod::BindOk(queue::BindOk {});
        self.reply_unless(bind.nowait, at, AMQPClass::Queue(ok));
        Ok(())
    }

    pub(super) fn unbind_queue(&mut self, at: ChannelRef, unbind: queue::Unbind) -> Result<(), Refusal> {
        let queue::Unbind { queue, exchange, routing_key, arguments } = unbind;
        let wanted = self.queue_binding(at, queue, exchange, routing_key, arguments)?;
        self.unbind(at, &wanted)?;
        self.reply(at, AMQPClass::Queue(queue::AMQPMethod::UnbindOk(queue::UnbindOk {})));
        Ok(())
    }

    pub(super) fn bind_exchange(&mut self, at: ChannelRef, bind: exchange::Bind) -> Result<(), Refusal> {
        let exchange::Bind { destination, source, routing_key, nowait, arguments } = bind;
        let destination = Destination::Exchange(without_line_breaks(&destination));
        let source = without_line_breaks(&source);
        self.bind(at, Wanted { source, destination, routing_key, arguments })?;
        let ok = exchange::AMQPMethod::BindOk(exchange::BindOk {});
        self.reply_unless(nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    pub(super) fn unbind_exchange(
        &mut self,
        at: ChannelRef,
        unbind: exchange::Unbind,
    ) -> Result<(), Refusal> {
        let exchange::Unbind { destination, source, routing_key, nowait, arguments } = unbind;
        let destination = Destination::Exchange(without_line_breaks(&destination));
        let source = without_line_breaks(&source);
        self.unbind(at, &Wanted { source, destination, routing_key, arguments })?;
        let ok = exchange::AMQPMethod::UnbindOk(exchange::UnbindOk {});
        self.reply_unless(nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    /// An empty queue name means the queue declared last; with an empty key as well, its name is the key.
    fn queue_binding(
        &mut self,
        at: ChannelRef,
        queue: ShortString,
        exchange: ShortString,
        routing_key: ShortString,
        arguments: FieldTable,
    ) -> Result<Wanted, Refusal> {
        let named = self.named_queue(at, &queue)?;
        let routing_key = if queue.as_str().is_empty() && routing_key.as_str().is_empty() {
            named.clone()
        } else {
            routing_key
        };
        let destination = Destination::Queue(without_line_breaks(&named));
        Ok(Wanted { source: without_line_breaks(&exchange), destination, routing_key, arguments })
    }

    fn bind(&mut self, at: ChannelRef, wanted: Wanted) -> Result<(), Refusal> {
        self.check_binding(at, &wanted)?;
        let Wanted { source, destination, routing_key, arguments } = wanted;
        self.existing_exchange(&source)?;
        self.check_destination_access(at, &destination)?;
        let exchange = self.existing_exchange(&source)?;
        exchange.check_binding(&arguments).map_err(|text| Refusal::new(Code::PreconditionFailed, text))?;
        exchange.bind(destination, routing_key, arguments);
        Ok(())
    }

    /// As with RabbitMQ, removing a binding that does not exist is fine, whatever of it is missing.
    fn unbind(&mut self, at: ChannelRef, wanted: &Wanted) -> Result<(), Refusal> {
        self.check_binding(at, wanted)?;
        let Wanted { source, destination, routing_key, arguments } = wanted;
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

    /// In RabbitMQ's order: permission on the destination, no default exchange, permission on the source.
    fn check_binding(&mut self, at: ChannelRef, wanted: &Wanted) -> Result<(), Refusal> {
        match &wanted.destination {
            Destination::Queue(name) => self.check_queue(at, Access::Write, name.as_str())?,
            Destination::Exchange(name) => {
                self.check_exchange(at, Access::Write, name.as_str())?;
                refuse_default(name)?;
            }
        }
        refuse_default(&wanted.source)?;
        self.check_exchange(at, Access::Read, wanted.source.as_str())
    }

    fn check_destination_access(&mut self, at: ChannelRef, destination: &Destination) -> Result<(), Refusal> {
        match destination {
            Destination::Queue(name) => {
                let id = self.existing_queue(name)?;
                self.check_exclusive_access(at, id)
            }
            Destination::Exchange(name) => self.existing_exchange(name).map(|_| ()),
        }
    }
}
