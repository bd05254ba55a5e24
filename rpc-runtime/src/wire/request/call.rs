//! The properties of a call's request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amqp_rpc_transport::{Headers, Properties};
use smol_str::SmolStr;

use super::{Caller, REMAINING, expiration};
use crate::codec::Encoding;

/// Delivery mode 1: calls are not persisted, because their callers time out before the broker has restarted.
const TRANSIENT: u8 = 1;

/// The request of a call, without the properties that are the same for every call of a client.
pub(crate) struct CallRequest<'a> {
    /// The name of the method.
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: Option<Encoding>,
    pub(crate) correlation_id: SmolStr,
    pub(crate) reply_to: &'a SmolStr,
    pub(crate) remaining: Option<Duration>,
    /// The step to which the broker rounds down the time of expiry, if it does.
    pub(crate) expiration_step: Option<Duration>,
    pub(crate) priority: Option<u8>,
    /// The idempotency key.
    pub(crate) message_id: Option<SmolStr>,
    pub(crate) headers: Headers,
}

impl CallRequest<'_> {
    pub(crate) fn properties(mut self, caller: &Caller) -> Properties {
        let expiration = self.take_expiration();
        Properties {
            content_type: Some(self.content_type.into()),
            content_encoding: self.content_encoding.map(|encoding| SmolStr::new_static(encoding.name())),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(TRANSIENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            reply_to: Some(self.reply_to.clone()),
            expiration: expiration.map(|milliseconds| SmolStr::new(itoa::Buffer::new().format(milliseconds))),
            message_id: self.message_id,
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.name.into()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
        }
    }

    /// The milliseconds until the broker drops the request. Where they must be more than what is left, a header
    /// tells the server what is left.
    fn take_expiration(&mut self) -> Option<u32> {
        let exact = expiration::write(self.remaining?);
        let Some(step) = self.expiration_step else { return Some(exact) };
        self.headers.insert(REMAINING, i64::from(exact));
        Some(expiration::write_in_steps(self.remaining?, step))
    }
}
