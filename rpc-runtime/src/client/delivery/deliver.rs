//! Delivers a message from its first attempt to its end: a reply, a publisher confirm, or an error.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use amqp_rpc_transport::Disconnect;

use super::{
    error::DeliveryError,
    in_flight::InFlight,
    message::OutgoingMessage,
    outgoing_call::OutgoingCall,
    policy::RetryState,
    publisher_confirm::{PublishInFlight, PublishOutcome},
    retry::{NextStep, retry_after_loss, retry_or_finish},
    send::{self, Start},
};
use crate::{
    client::session::{pending::CallOutcome, shared::Session},
    contract::{MethodKind, NoError},
    error::{CallError, Nacked, Phase},
    message::Reply,
    wire::reply::ReceivedReply,
};

/// The delivery of one message. It owns what it needs: it outlives every handle of its client.
pub(crate) type ReplyFuture = Pin<Box<dyn Future<Output = Result<Reply, CallError<NoError>>> + Send>>;

/// Delivers a message that has passed the layers of a client, in the time that they have left.
pub(crate) fn deliver(session: Arc<Session>, call: OutgoingCall) -> ReplyFuture {
    let remaining = call.remaining();
    let OutgoingCall { message, policy, .. } = call;
    let retries = RetryState::new(policy);
    if message.method.kind == MethodKind::Call {
        Box::pin(deliver_call(session, message, remaining, retries))
    } else {
        Box::pin(deliver_one_way(session, message, remaining, retries))
    }
}

/// Sends a call and waits for its reply, which is left encoded. A [`Call`](crate::Call) without layers does
/// the same without a box.
async fn deliver_call(
    session: Arc<Session>,
    message: OutgoingMessage,
    remaining: Duration,
    mut retries: RetryState,
) -> Result<Reply, CallError<NoError>> {
    let mut sent = match send::start::<InFlight>(session, message, remaining) {
        Start::Sent(in_flight) => Ok(in_flight),
        Start::Waiting(sending) => sending.await,
        Start::Failed(error) => Err(error),
    };
    loop {
        let mut in_flight = sent.map_err(|error| error.into_call_error(&retries))?;
        let outcome = poll_fn(|cx| in_flight.poll_call(cx)).await;
        match retry_or_finish(outcome, &mut in_flight, &mut retries, ReceivedReply::open) {
            NextStep::Finish(reply) => return reply,
            NextStep::Retry(sending) => {
                drop(in_flight);
                sent = sending.await;
            }
        }
    }
}

/// Publishes a notification or an event, and waits for its publisher confirm.
pub(crate) async fn deliver_one_way(
    session: Arc<Session>,
    message: OutgoingMessage,
    remaining: Duration,
    mut retries: RetryState,
) -> Result<Reply, CallError<NoError>> {
    let mut sent = match send::start::<PublishInFlight>(session, message, remaining) {
        Start::Sent(published) => Ok(published),
        Start::Waiting(sending) => sending.await,
        Start::Failed(error) => Err(error),
    };
    loop {
        let mut published = sent.map_err(|error| error.into_call_error(&retries))?;
        let error = match poll_fn(|cx| published.poll(cx)).await {
            PublishOutcome::Acked => return Ok(Reply::confirmed()),
            PublishOutcome::Nacked => {
                return Err(CallError::Nacked(Nacked { idempotent: retries.policy.idempotent }));
            }
            PublishOutcome::Failed(CallOutcome::Unroutable) => published.in_flight.unroutable(),
            PublishOutcome::Failed(CallOutcome::QueueFull(queue)) => DeliveryError::QueueFull(queue),
            PublishOutcome::Failed(CallOutcome::TimedOut) => DeliveryError::TimedOut { found: None },
            // One-way messages have no replies: this one is forged, and proves nothing.
            PublishOutcome::Failed(CallOutcome::Replied(_) | CallOutcome::RepliedToAll(_)) => {
                let disconnect = Disconnect::new("a reply came to a one-way message");
                DeliveryError::Disconnected(Arc::new(disconnect), Phase::Sent)
            }
            PublishOutcome::Failed(CallOutcome::Blocked(disconnect)) => {
                published.in_flight.remember_cause(&disconnect);
                match published.in_flight.after_refusal(&mut retries, &disconnect) {
                    Ok(sending) => {
                        sent = sending.await;
                        continue;
                    }
                    Err(error) => error,
                }
            }
            PublishOutcome::Failed(CallOutcome::Disconnected(disconnect)) => {
                published.in_flight.remember_cause(&disconnect);
                match retry_after_loss(&mut published.in_flight, &mut retries, disconnect) {
                    Ok(sending) => {
                        sent = sending.await;
                        continue;
                    }
                    Err(error) => error,
                }
            }
        };
        return Err(error.into_call_error(&retries));
    }
}
