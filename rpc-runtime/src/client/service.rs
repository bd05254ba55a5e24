//! What runs around every call of a client that has layers, down to what sends it.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
};

use tower_layer::Layer;

use super::delivery::{
    in_flight::InFlight,
    outgoing_call::OutgoingCall,
    publish_in_flight,
    retry::{Conclusion, conclude},
    send::{self, Start},
};
use crate::{
    contract::{MethodKind, NoError},
    error::CallError,
    message::Answer,
    wire::reply::RawReply,
};

/// Something that sends calls: the client, or a layer around it.
pub trait ClientService: Send + Sync + 'static {
    /// Makes one call. The method's own error is an [`Answer`]; everything else that keeps the caller from a result is an error.
    ///
    /// The future is dropped with the caller's. What is sent stays sent.
    fn call(&self, call: OutgoingCall) -> impl Future<Output = Result<Answer, CallError<NoError>>> + Send;
}

/// A [`ClientService`] whose type is forgotten; clones share it.
#[derive(Clone)]
pub struct BoxClientService(Arc<dyn ErasedService>);

impl BoxClientService {
    /// Forgets the type of `service`.
    pub fn new(service: impl ClientService) -> Self {
        Self(Arc::new(service))
    }

    pub(crate) fn call_boxed(&self, call: OutgoingCall) -> AnswerFuture {
        Arc::clone(&self.0).call_boxed(call)
    }
}

impl ClientService for BoxClientService {
    fn call(&self, call: OutgoingCall) -> impl Future<Output = Result<Answer, CallError<NoError>>> + Send {
        self.call_boxed(call)
    }
}

impl fmt::Debug for BoxClientService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxClientService")
    }
}

/// Owns the service it calls: a call outlives every handle of its client.
pub(crate) type AnswerFuture = Pin<Box<dyn Future<Output = Result<Answer, CallError<NoError>>> + Send>>;

trait ErasedService: Send + Sync {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> AnswerFuture;
}

impl<S: ClientService> ErasedService for S {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> AnswerFuture {
        Box::pin(async move { self.call(call).await })
    }
}

/// The layers of a client, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Layers(Vec<Arc<dyn Fn(BoxClientService) -> BoxClientService + Send + Sync>>);

impl Layers {
    pub(crate) fn add<L>(&mut self, layer: L)
    where
        L: Layer<BoxClientService> + Send + Sync + 'static,
        L::Service: ClientService,
    {
        self.0.push(Arc::new(move |next| BoxClientService::new(layer.layer(next))));
    }

    /// Nothing when there are none: calls are sent directly then.
    pub(crate) fn build(&self) -> Option<BoxClientService> {
        if self.0.is_empty() {
            return None;
        }
        // The last layer is wrapped around what sends first, so that the first one is outermost.
        let innermost = BoxClientService(Arc::new(Innermost));
        Some(self.0.iter().rev().fold(innermost, |service, layer| layer(service)))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}

/// Sends what has passed all layers.
struct Innermost;

impl ErasedService for Innermost {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> AnswerFuture {
        if call.method().kind == MethodKind::Call { Box::pin(send(call)) } else { Box::pin(deliver(call)) }
    }
}

async fn deliver(call: OutgoingCall) -> Result<Answer, CallError<NoError>> {
    let left = call.remaining();
    let OutgoingCall { session, message, terms, .. } = call;
    publish_in_flight::deliver(session, message, left, terms).await.map(|()| Answer::nothing())
}

/// The same that a [`Call`](super::Call) does without layers, with a reply that is left encoded.
pub(crate) async fn send(call: OutgoingCall) -> Result<Answer, CallError<NoError>> {
    let left = call.remaining();
    let OutgoingCall { session, message, mut terms, .. } = call;
    let mut sent = match send::start::<InFlight>(session, message, left) {
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
