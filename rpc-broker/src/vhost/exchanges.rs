//! Declaring and deleting exchanges.

use std::collections::HashMap;

use amq_protocol::{
    protocol::{AMQPClass, exchange},
    types::{FieldTable, ShortString},
};

use crate::{
    exchange::{Exchange, Kind},
    ids::ChannelRef,
    refusal::{Code, Refusal},
    vhost::{Vhost, names::without_line_breaks, permissions::Access},
};

/// The exchanges that every virtual host has. The default exchange is none of them: it routes by queue name.
pub(super) fn predeclared() -> HashMap<ShortString, Exchange> {
    let exchanges = [
        ("amq.direct", Kind::Direct, false),
        ("amq.fanout", Kind::Fanout, false),
        ("amq.topic", Kind::Topic, false),
        ("amq.headers", Kind::Headers, false),
        ("amq.match", Kind::Headers, false),
        ("amq.rabbitmq.trace", Kind::Topic, true),
    ];
    let exchanges = exchanges.into_iter().map(|(name, kind, internal)| {
        let name = ShortString::from(name);
        (name.clone(), Exchange::new(name, kind, true, false, internal, FieldTable::default()))
    });
    exchanges.collect()
}

impl Vhost {
    pub(super) fn declare_exchange(
        &mut self,
        at: ChannelRef,
        declare: exchange::Declare,
    ) -> Result<(), Refusal> {
        let name = without_line_breaks(&declare.exchange);
        if declare.passive {
            refuse_default(&name)?;
            self.existing_exchange(&name)?;
        } else {
            self.declare_actively(at, &declare, name)?;
        }
        let ok = exchange::AMQPMethod::DeclareOk(exchange::DeclareOk {});
        self.reply_unless(declare.nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    fn declare_actively(
        &mut self,
        at: ChannelRef,
        declare: &exchange::Declare,
        name: ShortString,
    ) -> Result<(), Refusal> {
        let Some(kind) = Kind::parse(declare.kind.as_str()) else {
            let what = if declare.kind.as_str().is_empty() { "invalid" } else { "unknown" };
            let text = format!("{what} exchange type '{}'", declare.kind);
            return Err(Refusal::new(Code::CommandInvalid, text));
        };
        refuse_default(&name)?;
        self.check_exchange(at, Access::Configure, name.as_str())?;
        let (durable, auto_delete, internal) = (declare.durable, declare.auto_delete, declare.internal);
        if let Some(existing) = self.exchanges.get(&name) {
            let vhost = &self.name;
            let differs =
                existing.inequivalence(kind, durable, auto_delete, internal, &declare.arguments, vhost);
            return differs.map_or(Ok(()), |text| Err(Refusal::new(Code::PreconditionFailed, text)));
        }
        if name.as_str().starts_with("amq.") {
            let text = format!("exchange name '{name}' contains reserved prefix 'amq.*'");
            return Err(Refusal::new(Code::AccessRefused, text));
        }
        let alternate = crate::exchange::alternate_exchange(&declare.arguments, name.as_str(), &self.name)
            .map_err(|text| Refusal::new(Code::PreconditionFailed, text))?;
        if let Some(alternate) = alternate {
            self.check_exchange(at, Access::Read, name.as_str())?;
            self.check_exchange(at, Access::Write, &alternate)?;
        }
        let exchange =
            Exchange::new(name.clone(), kind, durable, auto_delete, internal, declare.arguments.clone());
        self.exchanges.insert(name, exchange);
        Ok(())
    }

    pub(super) fn delete_exchange(
        &mut self,
        at: ChannelRef,
        delete: &exchange::Delete,
    ) -> Result<(), Refusal> {
        let name = without_line_breaks(&delete.exchange);
        refuse_default(&name)?;
        if name.as_str().starts_with("amq.") {
            let resource = self.exchange_resource(name.as_str());
            return Err(Refusal::new(
                Code::AccessRefused,
                format!("deletion of system {resource} not allowed"),
            ));
        }
        self.check_exchange(at, Access::Configure, name.as_str())?;
        // As with RabbitMQ, deleting what does not exist is fine.
        if let Some(exchange) = self.exchanges.get(&name) {
            if delete.if_unused && !exchange.is_unbound() {
                let resource = self.exchange_resource(name.as_str());
                return Err(Refusal::new(Code::PreconditionFailed, format!("{resource} in use")));
            }
            self.remove_exchange(&name);
        }
        let ok = exchange::AMQPMethod::DeleteOk(exchange::DeleteOk {});
        self.reply_unless(delete.nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    /// An exchange that must be there.
    pub(super) fn existing_exchange(&mut self, name: &ShortString) -> Result<&mut Exchange, Refusal> {
        if !self.exchanges.contains_key(name) {
            let text = format!("no {}", self.exchange_resource(name.as_str()));
            return Err(Refusal::new(Code::NotFound, text));
        }
        Ok(self.exchanges.get_mut(name).expect("it was just there"))
    }
}

pub(super) fn refuse_default(name: &ShortString) -> Result<(), Refusal> {
    if name.as_str().is_empty() {
        return Err(Refusal::new(Code::AccessRefused, "operation not permitted on the default exchange"));
    }
    Ok(())
}
