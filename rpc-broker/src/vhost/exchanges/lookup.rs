//! Finds exchanges by name.

use amq_protocol::types::ShortString;

use crate::{
    exchange::Exchange,
    protocol::{ProtocolError, ReplyCode},
    vhost::VhostState,
};

impl VhostState {
    /// Finds an exchange.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    pub(in crate::vhost) fn existing_exchange(
        &mut self,
        name: &ShortString,
    ) -> Result<&mut Exchange, ProtocolError> {
        if !self.exchanges.contains_key(name) {
            let text = format!("no {}", self.exchange_resource(name.as_str()));
            return Err(ProtocolError::new(ReplyCode::NotFound, text));
        }
        Ok(self.exchanges.get_mut(name).expect("the map contains it"))
    }
}

pub(in crate::vhost) fn refuse_default(name: &ShortString) -> Result<(), ProtocolError> {
    if name.as_str().is_empty() {
        return Err(ProtocolError::new(
            ReplyCode::AccessRefused,
            "operation not permitted on the default exchange",
        ));
    }
    Ok(())
}
