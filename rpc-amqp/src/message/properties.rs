//! Properties and deliveries as plain data.

use std::sync::Arc;

use crate::message::{Headers, Refusal};

/// The properties this project reads or writes; names are AMQP's, except `kind`, which AMQP calls `type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// The media type of the body.
    pub content_type: Option<String>,
    /// How the body is compressed.
    pub content_encoding: Option<String>,
    /// The headers, where there are any.
    pub headers: Option<Headers>,
    /// 1: transient, 2: persistent.
    pub delivery_mode: Option<u8>,
    /// 0 to 255.
    pub priority: Option<u8>,
    /// Ties a reply to its request.
    pub correlation_id: Option<String>,
    /// The address for the reply.
    pub reply_to: Option<String>,
    /// Milliseconds until the broker drops it, in decimal.
    pub expiration: Option<String>,
    /// The application's id of the message.
    pub message_id: Option<String>,
    /// Seconds since the Unix epoch.
    pub timestamp: Option<u64>,
    /// AMQP's `type`.
    pub kind: Option<String>,
    /// The user that sent it, checked by the broker. Shared with log lines that name the caller.
    pub user_id: Option<Arc<str>>,
    /// The application that says it sent it.
    pub app_id: Option<Arc<str>>,
}

/// A message as the broker delivered it.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The delivery tag: it identifies the delivery on its channel.
    pub tag: u64,
    /// The broker delivered it before.
    pub redelivered: bool,
    /// The exchange that it was published to.
    pub exchange: String,
    /// The routing key that it was published with.
    pub routing_key: String,
    /// Its properties.
    pub properties: Properties,
    /// Its body.
    pub body: bytes::Bytes,
    /// Not what was sent: properties that cannot be read, or a body that is too large, were left out.
    pub refusal: Option<Refusal>,
}
