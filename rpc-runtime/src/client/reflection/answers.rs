//! The answers to a request that several servers answer: read, told apart, and bounded.

use std::{collections::HashSet, time::Duration};

use amqp_rpc_contract::description::ServiceDescription;
use serde::de::DeserializeOwned;

use crate::{
    codec::AnyCodec,
    contract::NoError,
    error::{CallError, Undecodable},
    message::{Execution, ReplyKind},
    secrets::MessageScope,
    wire::{
        reflection::{InstanceBody, StatsBody},
        reply::{Reading, ReceivedReply},
    },
};

/// The bytes of the answers to one request, inflated.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// After so many answers that cannot be read, or tell of nothing new, no more are waited for: each costs its sender little.
const MAX_USELESS: u64 = 1_000;

/// The body of an answer.
pub(super) trait Body: DeserializeOwned {
    /// The server that it is of, where it says that.
    fn id(&self) -> Option<&str>;
}

impl Body for InstanceBody {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }
}

impl Body for StatsBody {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }
}

impl Body for ServiceDescription {
    fn id(&self) -> Option<&str> {
        None
    }
}

/// The answers that have come, each with the time that it took.
pub(super) struct Answers<B> {
    read: Vec<(B, Duration)>,
    ids: HashSet<String>,
    max: usize,
    max_reply_bytes: usize,
    bytes_left: usize,
    /// Those that cannot be read.
    skipped: u64,
    /// Those, and those of servers that have answered before.
    useless: u64,
    /// The first of a server that does not answer.
    refused: Option<CallError<NoError>>,
}

impl<B: Body> Answers<B> {
    /// At most `max` of at most `max_reply_bytes` each.
    pub(super) fn new(max: usize, max_reply_bytes: usize) -> Self {
        Self {
            read: Vec::new(),
            ids: HashSet::new(),
            max,
            max_reply_bytes,
            bytes_left: MAX_BYTES,
            skipped: 0,
            useless: 0,
            refused: None,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.read.len() >= self.max || self.bytes_left == 0 || self.useless >= MAX_USELESS
    }

    /// Reads an answer that took `time`. Returns whether it is of a server that had not answered.
    pub(super) fn add(&mut self, reply: ReceivedReply, time: Duration) -> bool {
        let (answered, refused) = (self.read.len(), self.refused.is_some());
        self.read(reply, time);
        let is_new = self.read.len() > answered || self.refused.is_some() != refused;
        self.useless += u64::from(!is_new);
        is_new
    }

    fn read(&mut self, reply: ReceivedReply, time: Duration) {
        match decode::<B>(reply, self.max_reply_bytes) {
            Ok((body, bytes)) => {
                self.bytes_left = self.bytes_left.saturating_sub(bytes);
                // A request that was delivered twice is answered twice.
                if body.id().is_none_or(|id| self.ids.insert(id.to_owned())) {
                    self.read.push((body, time));
                }
            }
            Err(fault @ CallError::Fault(_)) => {
                self.refused.get_or_insert(fault);
            }
            Err(malformed) => {
                self.skipped += 1;
                tracing::debug!(error = %malformed, "an answer of a server was skipped");
            }
        }
    }

    /// All that have come.
    ///
    /// # Errors
    /// The fault of a server, if none has answered.
    pub(super) fn finish(self) -> Result<Vec<(B, Duration)>, CallError<NoError>> {
        if self.skipped > 0 {
            tracing::warn!(skipped = self.skipped, "answers of servers could not be read, and were skipped");
        }
        match self.refused {
            Some(refused) if self.read.is_empty() => Err(refused),
            _ => Ok(self.read),
        }
    }
}

/// The body of a reply, and its length.
fn decode<B: Body>(reply: ReceivedReply, max_bytes: usize) -> Result<(B, usize), CallError<NoError>> {
    let codec = &AnyCodec::JSON;
    let reply = reply.open(Reading { idempotent: true, codec, max_bytes, scope: MessageScope::NONE })?;
    if reply.kind() != ReplyKind::Result {
        return Err(undecodable("it is an error of its own".into()));
    }
    Ok((read(reply.body())?, reply.body().len()))
}

/// Reads the body of an answer.
///
/// # Errors
/// `Decode`.
pub(super) fn read<B: DeserializeOwned>(body: &[u8]) -> Result<B, CallError<NoError>> {
    serde_json::from_slice(body).map_err(|error| undecodable(error.into()))
}

pub(super) fn undecodable(source: Box<dyn std::error::Error + Send + Sync>) -> CallError<NoError> {
    let execution = Execution::Completed;
    CallError::Decode(Undecodable { what: "answer of a server", execution, source, remote: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Fault, FaultCode};

    fn json(body: &'static str) -> ReceivedReply {
        ReceivedReply::of_value("application/json".into(), body.into())
    }

    fn answers(max: usize) -> Answers<InstanceBody> {
        Answers::new(max, 1024)
    }

    #[test]
    fn malformed_answers_are_skipped_and_repeated_ones_count_once() {
        let mut answers = answers(10);
        for body in ["", "{", "[]", r#"{"id": 1}"#, r#"{"id": "a", "services": {}}"#, "null"] {
            answers.add(json(body), Duration::ZERO);
        }
        assert_eq!(answers.skipped, 6);
        let error = ReceivedReply::of_error("application/json".into(), r#"{"id": "e"}"#.into());
        answers.add(error, Duration::ZERO);
        answers.add(ReceivedReply::unreadable(), Duration::ZERO);
        assert_eq!(answers.skipped, 8);
        for body in [r#"{"id": "a"}"#, r#"{"id": "a"}"#, r#"{"id": "b", "later": true}"#] {
            answers.add(json(body), Duration::ZERO);
        }
        let ids: Vec<_> = answers.finish().unwrap().into_iter().map(|(body, _)| body.id).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn there_are_no_more_than_were_asked_for() {
        let mut answers = answers(1);
        assert!(!answers.is_full());
        answers.add(json(r#"{"id": "a"}"#), Duration::ZERO);
        assert!(answers.is_full());
    }

    #[test]
    fn a_fault_counts_if_no_server_has_answered() {
        let refused = || ReceivedReply::of_fault(&Fault::new(FaultCode::Unauthorized, "no"));
        let mut alone = answers(10);
        alone.add(refused(), Duration::ZERO);
        assert!(matches!(alone.finish(), Err(CallError::Fault(_))));
        let mut with_others = answers(10);
        with_others.add(refused(), Duration::ZERO);
        with_others.add(json(r#"{"id": "a"}"#), Duration::ZERO);
        assert_eq!(with_others.finish().unwrap().len(), 1);
    }
}
