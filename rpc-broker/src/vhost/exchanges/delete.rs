//! Handles `exchange.delete`, and removes exchanges and the bindings to a destination.

use amq_protocol::{
    protocol::{AMQPClass, exchange},
    types::ShortString,
};

use super::lookup::refuse_default;
use crate::{
    exchange::Destination,
    ids::ChannelRef,
    protocol::{ProtocolError, ReplyCode},
    vhost::{VhostState, names::without_line_breaks, permissions::Access},
};

impl VhostState {
    pub(in crate::vhost) fn delete_exchange(
        &mut self,
        at: ChannelRef,
        delete: &exchange::Delete,
    ) -> Result<(), ProtocolError> {
        let name = without_line_breaks(&delete.exchange);
        refuse_default(&name)?;
        if name.as_str().starts_with("amq.") {
            let resource = self.exchange_resource(name.as_str());
            return Err(ProtocolError::new(
                ReplyCode::AccessRefused,
                format!("deletion of system {resource} not allowed"),
            ));
        }
        self.check_exchange(at, Access::Configure, name.as_str())?;
        // As with RabbitMQ, deleting an exchange that does not exist succeeds.
        if let Some(exchange) = self.exchanges.get(&name) {
            if delete.if_unused && !exchange.is_unbound() {
                let resource = self.exchange_resource(name.as_str());
                return Err(ProtocolError::new(ReplyCode::PreconditionFailed, format!("{resource} in use")));
            }
            self.remove_exchange(&name);
        }
        let ok = exchange::AMQPMethod::DeleteOk(exchange::DeleteOk {});
        self.reply_unless(delete.nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    pub(in crate::vhost) fn remove_exchange(&mut self, name: &ShortString) {
        if self.exchanges.remove(name).is_some() {
            self.remove_destination(&Destination::Exchange(name.clone()));
        }
    }

    /// Removes all bindings to a destination, and auto-delete exchanges that lose their last one.
    pub(in crate::vhost) fn remove_destination(&mut self, destination: &Destination) {
        let mut deserted = Vec::new();
        for (name, exchange) in &mut self.exchanges {
            if exchange.remove_destination(destination) && exchange.auto_delete && exchange.is_unbound() {
                deserted.push(name.clone());
            }
        }
        for name in deserted {
            self.remove_exchange(&name);
        }
    }
}
