//! The properties of an AMQP message as plain data, so that only `amqp/` needs to know lapin's types.

use std::sync::Arc;

use crate::message::{Headers, Refusal};

/// The properties this project reads or writes; names are AMQP's, except `kind`, which AMQP calls `type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) headers: Option<Headers>,
    pub(crate) delivery_mode: Option<u8>,
    pub(crate) priority: Option<u8>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) reply_to: Option<String>,
    pub(crate) expiration: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) timestamp: Option<u64>,
    pub(crate) kind: Option<String>,
    // Shared with whoever names the caller in a log.
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
}

/// A message as the broker delivered it.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) tag: u64,
    pub(crate) redelivered: bool,
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) properties: Properties,
    pub(crate) body: bytes::Bytes,
    /// Not what was sent: properties that cannot be read, or a body that is too large, were left out.
    pub(crate) refusal: Option<Refusal>,
}
