//! Errors of the protocol: reply codes, their names and scope, and the reply texts for clients.

use amq_protocol::protocol::{channel, connection};
use amq_protocol::types::ShortString;

/// A reply code of AMQP 0-9-1, as RabbitMQ uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyCode {
    ConnectionForced,
    AccessRefused,
    NotFound,
    ResourceLocked,
    PreconditionFailed,
    FrameError,
    SyntaxError,
    CommandInvalid,
    ChannelError,
    UnexpectedFrame,
    ResourceError,
    NotAllowed,
    NotImplemented,
    InternalError,
}

impl ReplyCode {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::ConnectionForced => 320,
            Self::AccessRefused => 403,
            Self::NotFound => 404,
            Self::ResourceLocked => 405,
            Self::PreconditionFailed => 406,
            Self::FrameError => 501,
            Self::SyntaxError => 502,
            Self::CommandInvalid => 503,
            Self::ChannelError => 504,
            Self::UnexpectedFrame => 505,
            Self::ResourceError => 506,
            Self::NotAllowed => 530,
            Self::NotImplemented => 540,
            Self::InternalError => 541,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ConnectionForced => "CONNECTION_FORCED",
            Self::AccessRefused => "ACCESS_REFUSED",
            Self::NotFound => "NOT_FOUND",
            Self::ResourceLocked => "RESOURCE_LOCKED",
            Self::PreconditionFailed => "PRECONDITION_FAILED",
            Self::FrameError => "FRAME_ERROR",
            Self::SyntaxError => "SYNTAX_ERROR",
            Self::CommandInvalid => "COMMAND_INVALID",
            Self::ChannelError => "CHANNEL_ERROR",
            Self::UnexpectedFrame => "UNEXPECTED_FRAME",
            Self::ResourceError => "RESOURCE_ERROR",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    /// Returns whether it closes only the channel. All others close the connection.
    pub(crate) fn is_channel_error(self) -> bool {
        matches!(self, Self::AccessRefused | Self::NotFound | Self::ResourceLocked | Self::PreconditionFailed)
    }
}

/// An error of the protocol (the specification says exception). Its code decides whether it closes the
/// channel or the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtocolError {
    pub(crate) code: ReplyCode,
    text: String,
    /// Class and method of the request that caused it. `Some((0, 0))` when no request did, `None` when it is
    /// not known yet.
    cause: Option<(u16, u16)>,
}

impl ProtocolError {
    pub(crate) fn new(code: ReplyCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), cause: None }
    }

    /// Sets the request that caused the error, unless one is set already.
    pub(crate) fn caused_by(mut self, class: u16, method: u16) -> Self {
        self.cause.get_or_insert((class, method));
        self
    }

    /// Says that no request caused the error, unless one is set already.
    pub(crate) fn without_cause(self) -> Self {
        self.caused_by(0, 0)
    }

    pub(crate) fn channel_close(&self) -> channel::Close {
        let (class_id, method_id) = self.cause.unwrap_or_default();
        channel::Close { reply_code: self.code.number(), reply_text: self.reply_text(), class_id, method_id }
    }

    pub(crate) fn connection_close(&self) -> connection::Close {
        let (class_id, method_id) = self.cause.unwrap_or_default();
        connection::Close {
            reply_code: self.code.number(),
            reply_text: self.reply_text(),
            class_id,
            method_id,
        }
    }

    fn reply_text(&self) -> ShortString {
        let name = self.code.name();
        reply_text(if self.text.is_empty() { name.to_owned() } else { format!("{name} - {}", self.text) })
    }
}

/// Shortens a text to the 255 bytes of a short string, as RabbitMQ does: the end becomes three dots.
pub(crate) fn reply_text(mut text: String) -> ShortString {
    const LIMIT: usize = 255;
    if text.len() > LIMIT {
        let mut end = LIMIT - 3;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("...");
    }
    ShortString::try_new(text).expect("it was shortened to what a short string holds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character_and_ends_in_dots() {
        let long = ProtocolError::new(ReplyCode::NotFound, "ü".repeat(200)).channel_close().reply_text;
        assert!(long.as_str().len() <= 255 && long.as_str().ends_with("ü..."), "{long}");
        let short = ProtocolError::new(ReplyCode::NotFound, "no queue 'q' in vhost '/'").channel_close();
        assert_eq!(short.reply_text.as_str(), "NOT_FOUND - no queue 'q' in vhost '/'");
    }

    #[test]
    fn the_first_cause_stays() {
        let close = ProtocolError::new(ReplyCode::NotAllowed, "x")
            .caused_by(10, 31)
            .caused_by(60, 40)
            .connection_close();
        assert_eq!((close.class_id, close.method_id), (10, 31));
    }
}
