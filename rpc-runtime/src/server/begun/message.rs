//! Tells one message from all others, also when it comes again.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use crate::message::IncomingCall;

/// So many bytes of a body take part in the comparison, beside its length.
const COMPARED_BYTES: usize = 64 * 1024;
/// How much later than the deadline that the server knows a broker may drop a message: on LavinMQ our clients
/// add up to 200 ms to the expiration, for its clock.
const LATE_EXPIRY: Duration = Duration::from_secs(1);

/// A message that may come again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BegunMessage {
    identity: u64,
    /// The broker has dropped the message by then.
    expires_at: Option<Instant>,
}

/// The facts about a delivery that are not in its call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageOrigin<'a> {
    pub(crate) tag: u64,
    pub(crate) queue: &'a str,
    pub(crate) reply_to: Option<&'a str>,
    /// Others came in the same message.
    pub(crate) is_part: bool,
}

impl BegunMessage {
    /// `None` for a message without message id and correlation id: one that says the same may be another one.
    ///
    /// An id alone would not do. Clients may choose equal ones, and one that uses the same id for every call
    /// is told from itself by what it asks for.
    pub(super) fn of(call: &IncomingCall, origin: MessageOrigin<'_>, hasher: &RandomState) -> Option<Self> {
        let context = &call.context;
        let ids = [context.message_id(), context.correlation_id()];
        if ids.iter().all(|id| id.unwrap_or_default().is_empty()) {
            return None;
        }
        let address = (origin.queue, context.exchange(), context.routing_key(), origin.reply_to);
        let sender = (context.user_id(), context.app_id());
        let body = (call.body.len(), &call.body[..call.body.len().min(COMPARED_BYTES)]);
        let identity = hasher.hash_one((ids, address, sender, body));
        // The broker keeps a message with several calls for as long as any of them.
        let deadline = context.deadline().filter(|_| !origin.is_part);
        let expires_at = deadline.and_then(|deadline| deadline.checked_add(LATE_EXPIRY));
        Some(Self { identity, expires_at })
    }

    pub(super) fn is_same(self, other: Self) -> bool {
        self.identity == other.identity
    }

    pub(super) fn has_expired(self, now: Instant) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

#[cfg(test)]
impl BegunMessage {
    pub(super) fn new(identity: u64, expires_at: Option<Instant>) -> Self {
        Self { identity, expires_at }
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_transport::{Delivered, Properties};
    use bytes::Bytes;

    use super::*;
    use crate::{contract::Request, test_contract::Compute, wire::request::ReceivedRequest};

    struct Sent {
        queue: &'static str,
        reply_to: Option<&'static str>,
        correlation_id: Option<&'static str>,
        message_id: Option<&'static str>,
        app_id: Option<&'static str>,
        routing_key: &'static str,
        body: Bytes,
    }

    impl Default for Sent {
        fn default() -> Self {
            Self {
                queue: "fib",
                reply_to: Some("replies"),
                correlation_id: Some("1"),
                message_id: None,
                app_id: None,
                routing_key: "fib.compute",
                body: Bytes::from_static(b"{\"n\":1}"),
            }
        }
    }

    fn begun(sent: Sent, redelivered: bool, hasher: &RandomState) -> Option<BegunMessage> {
        let properties = Properties {
            correlation_id: sent.correlation_id.map(Into::into),
            message_id: sent.message_id.map(Into::into),
            app_id: sent.app_id.map(Into::into),
            ..Properties::default()
        };
        let delivered = Delivered {
            tag: 1,
            redelivered,
            exchange: "amqp-rpc".into(),
            routing_key: sent.routing_key.into(),
            properties,
            body: sent.body,
            refusal: None,
            received_at: Instant::now(),
        };
        let call = ReceivedRequest::read(delivered, &[]).into_call(Compute::METHOD, Instant::now());
        let origin = MessageOrigin { tag: 1, queue: sent.queue, reply_to: sent.reply_to, is_part: false };
        BegunMessage::of(&call.expect("it is valid"), origin, hasher)
    }

    #[test]
    fn a_message_is_known_again_and_nothing_else_is_taken_for_it() {
        let hasher = RandomState::new();
        let first = begun(Sent::default(), false, &hasher).unwrap();
        assert!(first.is_same(begun(Sent::default(), true, &hasher).unwrap()), "delivered again");
        let large = |end: u8, length: usize| Sent {
            body: [vec![b' '; length], vec![end]].concat().into(),
            ..Sent::default()
        };
        let others = [
            Sent { reply_to: Some("replies of another client"), ..Sent::default() },
            Sent { correlation_id: Some("2"), ..Sent::default() },
            Sent { correlation_id: None, message_id: Some("1"), ..Sent::default() },
            Sent { app_id: Some("shop"), ..Sent::default() },
            Sent { queue: "another group's", ..Sent::default() },
            Sent { routing_key: "fib.other", ..Sent::default() },
            Sent { body: Bytes::from_static(b"{\"n\":2}"), ..Sent::default() },
            large(0, COMPARED_BYTES - 1),
            large(1, COMPARED_BYTES - 1),
            large(1, COMPARED_BYTES),
        ];
        let mut all = vec![first];
        for other in others {
            let other = begun(other, false, &hasher).unwrap();
            assert!(!all.iter().any(|known| known.is_same(other)));
            all.push(other);
        }
    }

    #[test]
    fn a_message_without_an_id_is_not_known_again() {
        let hasher = RandomState::new();
        let anonymous = || Sent { correlation_id: None, ..Sent::default() };
        assert!(begun(anonymous(), false, &hasher).is_none());
        assert!(begun(Sent { correlation_id: Some(""), ..anonymous() }, false, &hasher).is_none());
    }
}
