//! Delivers a message from its first attempt to its end: a reply, a publisher confirm, or an error.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use amqp_rpc_transport::Disconnect;

use super::{
    failure::{Failure, Terms},
    in_flight::InFlight,
    message::Prepared,
    outgoing_call::OutgoingCall,
    publish_in_flight::{Fate, Posted},
    retry::{Conclusion, conclude},
    send::{self, Start},
};
use crate::{
    client::session::{pending::Outcome, shared::Session},
    contract::{MethodKind, NoError},
    error::{CallError, Phase, Rejected},
    message::Answer,
    wire::reply::RawReply,
};

/// The way of one message to its end. It owns what it needs: a call outlives every handle of its client.
pub(crate) type AnswerFuture = Pin<Box<dyn Future<Output = Result<Answer, CallError<NoError>>> + Send>>;

/// Delivers what has passed the layers of a client, in the time that they have left.
pub(crate) fn deliver(session: Arc<Session>, call: OutgoingCall) -> AnswerFuture {
    let remaining = call.remaining();
    let OutgoingCall { message, terms, .. } = call;
    if message.method.kind == MethodKind::Call {
        Box::pin(deliver_call(session, message, remaining, terms))
    } else {
        Box::pin(deliver_one_way(session, message, remaining, terms))
    }
}

/// Sends a call and waits for its reply, which is left encoded. A [`Call`](crate::Call) without layers does the same without a box.
pub(crate) async fn deliver_call(
    session: Arc<Session>,
    message: Prepared,
    remaining: Duration,
    mut terms: Terms,
) -> Result<Answer, CallError<NoError>> {
    let mut sent = match send::start::<InFlight>(session, message, remaining) {
        Start::Sent(in_flight) => Ok(in_flight),
        Start::Waiting(sending) => sending.await,
        Start::Failed(failure) => Err(failure),
    };
    loop {
        let mut in_flight = sent.map_err(|failure| failure.into_error(&terms))?;
        let outcome = poll_fn(|cx| in_flight.poll(cx)).await;
        match conclude(outcome, in_flight, terms, RawReply::open) {
            Conclusion::Ended(answered) => return answered,
            Conclusion::Again(sending, changed) => {
                terms = changed;
                sent = sending.await;
            }
        }
    }
}

/// Sends a notification or an event and waits for its publisher confirm.
pub(crate) async fn deliver_one_way(
    session: Arc<Session>,
    message: Prepared,
    remaining: Duration,
    mut terms: Terms,
) -> Result<Answer, CallError<NoError>> {
    let mut sent: Result<Posted, Failure> = match send::start(session, message, remaining) {
        Start::Sent(posted) => Ok(posted),
        Start::Waiting(sending) => sending.await,
        Start::Failed(failure) => Err(failure),
    };
    loop {
        let mut posted = sent.map_err(|failure| failure.into_error(&terms))?;
        let failure = match poll_fn(|cx| posted.poll(cx)).await {
            Fate::Taken => return Ok(Answer::nothing()),
            Fate::Rejected => {
                return Err(CallError::Rejected(Rejected { idempotent: terms.idempotent }));
            }
            Fate::Failed(Outcome::Unroutable) => posted.in_flight.unroutable(),
            Fate::Failed(Outcome::TimedOut) => Failure::TimedOut { found: None },
            // Nobody answers it: a reply to its id is a forgery, and proves nothing.
            Fate::Failed(Outcome::Replied(_)) => Failure::Lost(
                Arc::new(Disconnect::new("somebody answered a message that has no answer")),
                Phase::Sent,
            ),
            Fate::Failed(Outcome::Disconnected(lost)) => {
                posted.in_flight.learn_from(&lost);
                match posted.in_flight.failure_of_loss(Arc::clone(&lost)) {
                    Failure::Lost(..) if terms.may_be_repeated_after(&lost) => {
                        match posted.in_flight.send_again() {
                            Some(again) => {
                                terms.repetitions += 1;
                                terms.lost_before.get_or_insert(lost);
                                sent = again.await;
                                continue;
                            }
                            None => posted.in_flight.failure_of_loss(lost),
                        }
                    }
                    failure => failure,
                }
            }
        };
        return Err(failure.into_error(&terms));
    }
}
