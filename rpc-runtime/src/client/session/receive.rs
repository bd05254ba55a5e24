//! Hands the replies that come over a link to their calls.

mod in_dialect;

use std::{sync::atomic::Ordering, time::Instant};

use amqp_rpc_transport::{
    CALLS_PER_MESSAGE, Delivered, HeaderValue, Headers, Part, Parts, Properties, Refusal,
};
use bytes::Bytes;
use smol_str::SmolStr;

use super::{
    link::Link,
    pending::{CallOutcome, correlation::CallNumber, gathers::Gathers},
};
use crate::{contract::MethodDef, wire::reply::ReceivedReply};

/// What was received over the reply address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// The reply of a call that was waiting for it.
    Reply,
    /// The reply of a call that has had its outcome, or whose future was dropped: a late or a duplicate reply.
    Late,
    /// A reply to no call of this link: its correlation id is of another client or forged.
    Unknown,
    /// A part of a reply, or a message that is none, in a dialect.
    Pending,
    /// A message that violates AMQP.
    Malformed(Refusal),
}

impl Link {
    /// Hands a reply to its call; of a message with several replies, each.
    pub(super) fn receive(&self, delivered: Box<Delivered>, mut counts: impl FnMut(Received)) {
        if let Some(refusal) = delivered.refusal.filter(|refusal| refusal.is_malformed()) {
            counts(Received::Malformed(refusal));
        }
        if let Some(dialect) = &self.dialect {
            return counts(self.receive_in(&**dialect, delivered));
        }
        let Some(coalescing) = &self.coalescing else {
            let (id, reply) = ReceivedReply::read(delivered);
            return counts(self.complete(id, reply).into());
        };
        let calls = delivered.properties.headers.as_ref().and_then(calls_per_message);
        let mut heard = None;
        let mut hear = |matched: Matched, refusal: Option<Refusal>, calls| {
            if let Some(refusal) = refusal.filter(|refusal| refusal.is_malformed()) {
                counts(Received::Malformed(refusal));
            }
            if let Matched::Pending(method) = matched
                && heard.replace(method) != Some(method)
            {
                coalescing.hear(method, calls, Instant::now());
            }
            counts(matched.into());
        };
        if !delivered.is_coalesced() || delivered.refusal.is_some() {
            let Delivered { properties, body, refusal, .. } = *delivered;
            let (id, reply) = within_limit(properties, body, refusal, coalescing.max_reply_bytes);
            let first = id.as_deref().and_then(|id| self.ids.number_of_first(id));
            return match first {
                // Whatever it says otherwise: it has not read this one.
                Some(first) => hear(self.complete_all(first, &reply), None, None),
                None => hear(self.complete(id, reply), None, calls),
            };
        }
        match Parts::read(&delivered) {
            Ok(parts) => {
                for part in parts {
                    let Part { properties, body, refusal } = part;
                    let (id, reply) = within_limit(properties, body, refusal, coalescing.max_reply_bytes);
                    hear(self.complete(id, reply), refusal, calls);
                }
            }
            Err(refusal) => counts(Received::Malformed(refusal)),
        }
    }

    fn complete(&self, id: Option<SmolStr>, reply: ReceivedReply) -> Matched {
        let Some(number) = id.as_deref().and_then(|id| self.ids.number(id)) else {
            return self.gather(id.as_deref().unwrap_or_default(), reply);
        };
        self.has_received.store(true, Ordering::Relaxed);
        Matched::from(self.pending.complete(number, CallOutcome::Replied(reply)))
    }

    /// Hands an answer to the request that has many, if it is one.
    fn gather(&self, id: &str, reply: ReceivedReply) -> Matched {
        if !Gathers::are_asked_by(id) {
            return Matched::Unknown;
        }
        if self.gathers.receive(id, reply) { Matched::Gathered } else { Matched::Late }
    }

    /// Hands all calls of a message the reply that it got as a whole: its server does not read several calls in one.
    fn complete_all(&self, first: CallNumber, reply: &ReceivedReply) -> Matched {
        self.has_received.store(true, Ordering::Relaxed);
        Matched::from(self.pending.complete_all(first, || CallOutcome::RepliedToAll(reply.clone())))
    }
}

/// Reads a reply without its body if that is too large: the transport had to let it pass, as it might have been several
/// replies.
fn within_limit(
    properties: Properties,
    mut body: Bytes,
    mut refusal: Option<Refusal>,
    limit: usize,
) -> (Option<SmolStr>, ReceivedReply) {
    if body.len() > limit {
        let size = body.len() as u64;
        refusal.get_or_insert(Refusal::TooLarge { size, limit });
        body = Bytes::new();
    }
    ReceivedReply::of_message(properties, body, refusal)
}

/// The call that a reply belongs to.
#[derive(Clone, Copy, Debug)]
enum Matched {
    Pending(&'static MethodDef),
    /// It is one of several.
    Gathered,
    Late,
    Unknown,
}

impl From<Option<&'static MethodDef>> for Matched {
    fn from(method: Option<&'static MethodDef>) -> Self {
        method.map_or(Self::Late, Self::Pending)
    }
}

impl From<Matched> for Received {
    fn from(matched: Matched) -> Self {
        match matched {
            Matched::Pending(_) | Matched::Gathered => Self::Reply,
            Matched::Late => Self::Late,
            Matched::Unknown => Self::Unknown,
        }
    }
}

fn calls_per_message(headers: &Headers) -> Option<u16> {
    match headers.get(CALLS_PER_MESSAGE) {
        Some(HeaderValue::Int(calls)) => u16::try_from(*calls).ok(),
        _ => None,
    }
}
