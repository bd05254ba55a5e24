//! Handles `exchange.declare`.

use amq_protocol::{
    protocol::{AMQPClass, exchange},
    types::ShortString,
};

use super::lookup::refuse_default;
use crate::{
    exchange::{Exchange, Kind, alternate_exchange},
    ids::ChannelRef,
    protocol::{ProtocolError, ReplyCode},
    vhost::{VhostState, names::without_line_breaks, permissions::Access},
};

impl VhostState {
    pub(in crate::vhost) fn declare_exchange(
        &mut self,
        at: ChannelRef,
        declare: exchange::Declare,
    ) -> Result<(), ProtocolError> {
        let name = without_line_breaks(&declare.exchange);
        if declare.passive {
            refuse_default(&name)?;
            self.check_passive(at, "exchange", name.as_str())?;
            self.existing_exchange(&name)?;
        } else {
            self.declare_exchange_actively(at, &declare, name)?;
        }
        let ok = exchange::AMQPMethod::DeclareOk(exchange::DeclareOk {});
        self.reply_unless(declare.nowait, at, AMQPClass::Exchange(ok));
        Ok(())
    }

    fn declare_exchange_actively(
        &mut self,
        at: ChannelRef,
        declare: &exchange::Declare,
        name: ShortString,
    ) -> Result<(), ProtocolError> {
        let Some(kind) = Kind::parse(declare.kind.as_str()) else {
            let what = if declare.kind.as_str().is_empty() { "invalid" } else { "unknown" };
            let text = format!("{what} exchange type '{}'", declare.kind);
            return Err(ProtocolError::new(ReplyCode::CommandInvalid, text));
        };
        refuse_default(&name)?;
        if self.like().declaring_again_needs_permission() || !self.exchanges.contains_key(&name) {
            self.check_exchange(at, Access::Configure, name.as_str())?;
        }
        let (durable, auto_delete, internal) = (declare.durable, declare.auto_delete, declare.internal);
        if let Some(existing) = self.exchanges.get(&name) {
            let vhost = &self.name;
            let differs =
                existing.inequivalence(kind, durable, auto_delete, internal, &declare.arguments, vhost);
            return differs.map_or(Ok(()), |text| {
                let of_another = self.like().text_of_redeclaration("exchange", name.as_str());
                Err(ProtocolError::new(ReplyCode::PreconditionFailed, of_another.unwrap_or(text)))
            });
        }
        if name.as_str().starts_with("amq.") {
            let text = format!("exchange name '{name}' contains reserved prefix 'amq.*'");
            return Err(ProtocolError::new(ReplyCode::AccessRefused, text));
        }
        let alternate = alternate_exchange(&declare.arguments, name.as_str(), &self.name)
            .map_err(|text| ProtocolError::new(ReplyCode::PreconditionFailed, text))?;
        if let Some(alternate) = alternate {
            self.check_exchange(at, Access::Read, name.as_str())?;
            self.check_exchange(at, Access::Write, &alternate)?;
        }
        let exchange =
            Exchange::new(name.clone(), kind, durable, auto_delete, internal, declare.arguments.clone());
        self.exchanges.insert(name, exchange);
        Ok(())
    }
}
