//! `Debug` of messages. Bodies and the values of headers may hold secrets: only sizes and names are shown.

use std::fmt;

use super::{
    Answer, Answered, Delivery, Incoming, IncomingRequest, Outcome, OutgoingRequest, PeerReply, ReplyMessage,
    RequestMessage,
};

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("exchange", &self.exchange)
            .field("routing_key", &self.routing_key)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IncomingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingRequest")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => f.debug_tuple("Request").field(request).finish(),
            Self::Refused { fault, .. } => {
                f.debug_struct("Refused").field("fault", fault).finish_non_exhaustive()
            }
            Self::Ignored(why) => f.debug_tuple("Ignored").field(why).finish(),
        }
    }
}

impl fmt::Debug for OutgoingRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("headers", &self.headers.names())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RequestMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestMessage").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReplyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyMessage")
            .field("exchange", &self.exchange)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PeerReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { content_type, body } => encoded(f, "Value", content_type, body),
            Self::Error { content_type, body } => encoded(f, "Error", content_type, body),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
            Self::UncertainFault(fault) => f.debug_tuple("UncertainFault").field(fault).finish(),
            Self::Unreadable => f.write_str("Unreadable"),
            Self::Pending => f.write_str("Pending"),
        }
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { content_type, body } => encoded(f, "Value", content_type, body),
            Self::Error { content_type, body, .. } => encoded(f, "Error", content_type, body),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
        }
    }
}

impl fmt::Debug for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("method", &self.method.map(|method| method.full_name))
            .field("reply_to", &self.reply_to)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => f.debug_tuple("Reply").field(reply).finish(),
            Self::Ack => f.write_str("Ack"),
            Self::Reject => f.write_str("Reject"),
        }
    }
}

fn encoded(f: &mut fmt::Formatter<'_>, variant: &str, content_type: &str, body: &[u8]) -> fmt::Result {
    f.debug_struct(variant)
        .field("content_type", &content_type)
        .field("body_bytes", &body.len())
        .finish_non_exhaustive()
}
