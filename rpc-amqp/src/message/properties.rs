//! Message properties as plain data.

use std::sync::Arc;

use super::Headers;

/// The properties of a message. The names are AMQP's, except `kind`, which AMQP calls `type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// The media type of the body.
    pub content_type: Option<String>,
    /// The compression of the body.
    pub content_encoding: Option<String>,
    /// The headers, if the message has any.
    pub headers: Option<Headers>,
    /// 1 for transient, 2 for persistent.
    pub delivery_mode: Option<u8>,
    /// The priority, 0 to 255.
    pub priority: Option<u8>,
    /// The id that a reply shares with its request.
    pub correlation_id: Option<String>,
    /// The address for the reply.
    pub reply_to: Option<String>,
    /// The milliseconds until the broker discards the message, in decimal.
    pub expiration: Option<String>,
    /// The application's id of the message.
    pub message_id: Option<String>,
    /// Seconds since the Unix epoch.
    pub timestamp: Option<u64>,
    /// AMQP's `type`.
    pub kind: Option<String>,
    /// The user that published it, verified by the broker. Shared with log lines that name the caller.
    pub user_id: Option<Arc<str>>,
    /// The name of the publishing application, as it states it.
    pub app_id: Option<Arc<str>>,
}
