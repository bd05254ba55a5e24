//! From the outcome of a method to the message that tells a peer of it.

use std::borrow::Cow;

use amqp_rpc_transport::{Headers, Properties};
use bytes::Bytes;

use crate::{contract::MethodDef, message::Fault};

/// A request that has its outcome, as a [`ServerDialect`](super::ServerDialect) answers it.
#[non_exhaustive]
pub struct Answered<'a> {
    /// The method; `None` where none was found.
    pub method: Option<&'static MethodDef>,
    /// The exchange that the request was published to.
    pub exchange: &'a str,
    /// The address of the reply, which the dialect [allows](super::ServerDialect::allows_reply_to). `None` if nobody waits
    /// for one.
    pub reply_to: Option<&'a str>,
    /// The correlation id of the request.
    pub correlation_id: Option<&'a str>,
    /// What the dialect has kept of the request: [`IncomingRequest::kept`](super::IncomingRequest::kept).
    pub kept: &'a Headers,
    /// How the call ended.
    pub outcome: Outcome<'a>,
}

impl<'a> Answered<'a> {
    /// A request without method, addresses and ids, for the tests of a dialect: set what they need.
    #[must_use]
    pub const fn new(outcome: Outcome<'a>, kept: &'a Headers) -> Self {
        Self { method: None, exchange: "", reply_to: None, correlation_id: None, kept, outcome }
    }

    /// What becomes of a request that nobody waits for: one whose method has returned its value is acknowledged, any
    /// other is rejected. `None` where there is a reply address.
    #[must_use]
    pub const fn unanswered(&self) -> Option<Answer> {
        match (self.reply_to, self.outcome) {
            (Some(_), _) => None,
            (None, Outcome::Value { .. }) => Some(Answer::Ack),
            (None, _) => Some(Answer::Reject),
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// The method returned its value.
    Value {
        /// The codec of the request's, or `application/octet-stream` for raw bytes.
        content_type: &'a str,
        /// The encoded value.
        body: &'a Bytes,
    },
    /// The method returned its own error.
    Error {
        /// The content type of the body: that of the request's codec, or of JSON if that codec cannot write the error.
        content_type: &'a str,
        /// The encoded error.
        body: &'a Bytes,
        /// The error's `Display`, if its type has one.
        text: Option<&'a str>,
    },
    /// The method did not run, or not to its end. Early faults come here as well: an unknown method, a request that is too
    /// large or that cannot be read, a server that is shutting down.
    Fault(&'a Fault),
}

/// What becomes of a request that has its outcome.
pub enum Answer {
    /// The reply is published, and the request is acknowledged behind it. Without a reply address the request is
    /// acknowledged, and nothing is published.
    Reply(Box<ReplyMessage>),
    /// Nothing is published, and the request is acknowledged.
    Ack,
    /// Nothing is published, and the request is rejected without being requeued.
    Reject,
}

impl From<ReplyMessage> for Answer {
    fn from(reply: ReplyMessage) -> Self {
        Self::Reply(Box::new(reply))
    }
}

/// A reply. Its routing key is the reply address of the request: a dialect cannot send it elsewhere.
#[derive(Default)]
pub struct ReplyMessage {
    /// The exchange that it is published to: the default exchange, which is empty, or one that the dialect has declared.
    pub exchange: Cow<'static, str>,
    /// Its properties.
    pub properties: Properties,
    /// Its body.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::FaultCode;

    #[test]
    fn a_request_that_nobody_waits_for_is_settled_by_its_outcome() {
        let (kept, body, fault) = (Headers::new(), Bytes::new(), Fault::new(FaultCode::Internal, "lost"));
        let value = Outcome::Value { content_type: "", body: &body };
        assert!(matches!(Answered::new(value, &kept).unanswered(), Some(Answer::Ack)));
        assert!(matches!(Answered::new(Outcome::Fault(&fault), &kept).unanswered(), Some(Answer::Reject)));
        let error = Outcome::Error { content_type: "", body: &body, text: None };
        assert!(matches!(Answered::new(error, &kept).unanswered(), Some(Answer::Reject)));
        let answered = Answered { reply_to: Some("replies"), ..Answered::new(value, &kept) };
        assert!(answered.unanswered().is_none());
    }
}
