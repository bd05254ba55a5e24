//! Message properties as plain data.

use std::sync::Arc;

use smol_str::SmolStr;

use super::Headers;

/// The properties of a message. Texts are cheap to clone. The names are AMQP's, except `kind`, which AMQP calls `type`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// The media type of the body.
    pub content_type: Option<SmolStr>,
    /// The compression of the body.
    pub content_encoding: Option<SmolStr>,
    /// The headers, if the message has any.
    pub headers: Option<Headers>,
    /// 1 for transient, 2 for persistent.
    pub delivery_mode: Option<u8>,
    /// The priority, 0 to 255.
    pub priority: Option<u8>,
    /// The id that a reply shares with its request.
    pub correlation_id: Option<SmolStr>,
    /// The address for the reply.
    pub reply_to: Option<SmolStr>,
    /// The milliseconds until the broker discards the message, in decimal.
    pub expiration: Option<SmolStr>,
    /// The application's id of the message.
    pub message_id: Option<SmolStr>,
    /// Seconds since the Unix epoch.
    pub timestamp: Option<u64>,
    /// AMQP's `type`.
    pub kind: Option<SmolStr>,
    /// The user that published it, verified by the broker. Shared with log lines that name the caller.
    pub user_id: Option<Arc<str>>,
    /// The name of the publishing application, as it states it.
    pub app_id: Option<Arc<str>>,
}
