//! Requests that came in a dialect: it says how they are answered and settled.

use std::sync::Arc;

use amqp_rpc_transport::Headers;
use smol_str::SmolStr;

use super::{
    super::settlement::{ReplyContent, UnsentReply},
    Unsettled,
};
use crate::{
    dialect::{Answer, Answered, Outcome, caught},
    message::{Execution, Fault, Reply, ReplyKind},
    server::services::ServedDialect,
};

/// What a dialect needs of a request to answer it.
pub(crate) struct PeerRequest {
    pub(crate) served: Arc<ServedDialect>,
    pub(crate) exchange: SmolStr,
    pub(crate) kept: Headers,
}

impl Unsettled {
    /// Has the request answered by the dialect that it came in.
    pub(crate) fn answered_in(mut self, peer: PeerRequest) -> Self {
        self.peer = Some(Box::new(peer));
        self
    }

    pub(super) fn answer_in_dialect(&mut self, peer: PeerRequest, outcome: &Result<Reply, Fault>) {
        let PeerRequest { served, exchange, kept } = peer;
        let dialect = &served.dialect;
        let reply_to = self.address.reply_to.take();
        let answered = Answered {
            method: self.request.method,
            exchange: &exchange,
            reply_to: reply_to.as_deref(),
            correlation_id: self.address.correlation_id.as_deref(),
            kept: &kept,
            outcome: outcome_of(outcome),
        };
        // The code of a user: a panic of it would have this request requeued, and come again.
        let answer = caught(|| dialect.answer(&answered)).unwrap_or_else(|| {
            tracing::error!(
                dialect = dialect.name(),
                "the dialect panicked when it answered a request, which is rejected"
            );
            Answer::Reject
        });
        let answer = served.checked(answer);
        match (answer, reply_to) {
            (Answer::Reply(message), Some(reply_to)) => {
                let never_runs = outcome.as_ref().is_err_and(|fault| fault.execution() == Execution::Never);
                let content = ReplyContent::InDialect { message, never_runs };
                self.send_reply(UnsentReply { tag: self.tag, reply_to, content, calls_per_message: None });
            }
            (Answer::Reply(_) | Answer::Ack, _) => self.ack(),
            (Answer::Reject, _) => self.dead_letter("rejected", None, None),
        }
    }
}

impl ServedDialect {
    /// Rejects what would be published to an exchange that the server has not declared: publishing to one that is missing
    /// closes the channel that all queues share.
    fn checked(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Reply(reply)
                if !reply.exchange.is_empty()
                    && self.exchanges.iter().all(|declared| *declared != reply.exchange) =>
            {
                let (dialect, exchange) = (self.dialect.name(), &*reply.exchange);
                tracing::error!(
                    dialect,
                    exchange,
                    "a reply was not sent: the exchange is not in the topology of the dialect"
                );
                Answer::Reject
            }
            answer => answer,
        }
    }
}

fn outcome_of(outcome: &Result<Reply, Fault>) -> Outcome<'_> {
    match outcome {
        Ok(Reply { kind: ReplyKind::Result, content_type, body, .. }) => {
            Outcome::Value { content_type, body }
        }
        Ok(Reply { kind: ReplyKind::Error, content_type, body, error_text, .. }) => {
            Outcome::Error { content_type, body, text: error_text.as_deref() }
        }
        Err(fault) => Outcome::Fault(fault),
    }
}
