//! The properties of a notification or an event.

use std::time::{SystemTime, UNIX_EPOCH};

use amqp_rpc_transport::{Headers, Properties};
use smol_str::SmolStr;

use super::Caller;
use crate::codec::Encoding;

/// Delivery mode 2: a one-way message must survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// A one-way message, without the properties that are the same for every message of a client.
pub(crate) struct OneWayRequest<'a> {
    /// The name of the method.
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: Option<Encoding>,
    pub(crate) correlation_id: SmolStr,
    pub(crate) message_id: Option<SmolStr>,
    pub(crate) priority: Option<u8>,
    pub(crate) headers: Headers,
}

impl OneWayRequest<'_> {
    /// Without `reply_to` and without `expiration`: a one-way message waits in its queue for as long as it
    /// takes.
    pub(crate) fn properties(self, caller: &Caller) -> Properties {
        Properties {
            content_type: Some(self.content_type.into()),
            content_encoding: self.content_encoding.map(|encoding| SmolStr::new_static(encoding.name())),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(PERSISTENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            message_id: self.message_id,
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.name.into()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
            ..Properties::default()
        }
    }
}
