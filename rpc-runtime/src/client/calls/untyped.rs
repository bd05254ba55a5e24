//! Calls without a contract: a method by its name, with a body that the caller has made.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use amqp_rpc_transport::HeaderValue;
use bytes::Bytes;
use serde_json::Value;

use super::{
    untyped_body::{self, UntypedBody},
    untyped_request::{CALL, UntypedRequest},
};
use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        delivery::{
            deliver::{ReplyFuture, deliver},
            outgoing_call::OutgoingCall,
            prepare::PreparedMessage,
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{MethodDef, NoError},
    error::{CallError, UntypedError},
    message::Reply,
};

impl Client {
    /// Calls the method of this name, such as `fib.compute`, with a JSON body: for services whose trait is
    /// not at hand, foreign ones and gateways.
    ///
    /// The body of a typed method is an object with the names of its parameters, or an array with their
    /// values. Namespaces are part of the name: `servers.trees.list`. The call ends with the method's value,
    /// or its own error, as JSON.
    ///
    /// ```no_run
    /// # use amqp_rpc_runtime::{CallError, Client, error::UntypedError};
    /// # use serde_json::{Value, json};
    /// # async fn run(client: Client) -> Result<(), CallError<UntypedError<Value>>> {
    /// let value = client.call_json("fib.compute", json!({"n": 30})).await?;
    /// assert_eq!(value, json!(832_040));
    /// # Ok(()) }
    /// ```
    pub fn call_json(&self, method: impl Into<String>, body: Value) -> UntypedCall<Value> {
        UntypedCall::new(self.clone(), CALL, method.into(), body)
    }

    /// Calls the method of this name with a body that is sent as it is, with the content type
    /// `application/octet-stream` unless it is [given another](UntypedCall::content_type). The call ends with
    /// the body of the reply, of whatever type that is.
    pub fn call_bytes(&self, method: impl Into<String>, body: impl Into<Bytes>) -> UntypedCall<Bytes> {
        UntypedCall::new(self.clone(), CALL, method.into(), body.into())
    }
}

/// A call of a method by its name: nothing is sent until it is awaited, or polled.
///
/// It is delivered as a [`Call`](crate::Call) of a trait without addresses: to the exchange `amqp-rpc`, with
/// the name as routing key. Dropping it stops waiting, as for a [`Call`](crate::Call).
///
/// # Errors
/// As a [`Call`](crate::Call), with the method's own error as an [`UntypedError`]. A name that is empty, or
/// has an empty part as in `fib..compute`, fails with `Encode`, and nothing is sent.
#[must_use = "a call is only sent when it is awaited"]
pub struct UntypedCall<B: UntypedBody> {
    method: String,
    state: UntypedState<B>,
}

enum UntypedState<B> {
    Unsent(Box<UntypedRequest<B>>),
    Sent(ReplyFuture),
    Done,
}

impl<B: UntypedBody> UntypedCall<B> {
    /// `definition`: its kind says whether a reply is expected.
    pub(super) fn new(client: Client, definition: &'static MethodDef, method: String, body: B) -> Self {
        let state = UntypedState::Unsent(Box::new(UntypedRequest::new(client, definition, body)));
        Self { method, state }
    }

    /// The time to wait for the reply; see [`Call::timeout`](crate::Call::timeout). Default: the client's.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with_options(|options| options.timeout(timeout))
    }

    /// Adds a header to the request.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.with_options(|options| options.header(name, value))
    }

    /// The request's priority; see [`Call::priority`](crate::Call::priority).
    pub fn priority(self, priority: u8) -> Self {
        self.with_options(|options| options.priority(priority))
    }

    /// Refuses the call with `NoConsumer` when its [queue](Self::queue) has no consumers; see
    /// [`Call::fail_fast`](crate::Call::fail_fast).
    pub fn fail_fast(self) -> Self {
        self.with_options(CallOptions::fail_fast)
    }

    /// Inherits nothing from the call that is being served; see [`Call::detached`](crate::Call::detached).
    pub fn detached(self) -> Self {
        self.with_options(CallOptions::detached)
    }

    /// Sets the idempotency key; see [`Call::idempotency_key`](crate::Call::idempotency_key). Without one, a
    /// deduplicated method answers `bad_request`. With [`idempotent`](Self::idempotent) the call is sent again,
    /// with the same key.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        self.with(|request| request.key = Some(key.into().into()))
    }

    /// Says that running it twice is harmless: after the loss of the connection it is sent again, and an
    /// unknown outcome is retryable.
    pub fn idempotent(self) -> Self {
        self.with(|request| request.idempotent = true)
    }

    /// Publishes the request to `exchange`; empty for the default exchange, where the [routing
    /// key](Self::routing_key) is the queue. Default: `amqp-rpc`. The client's namespace is put before it.
    pub fn exchange(self, exchange: impl Into<String>) -> Self {
        self.with(|request| request.exchange = Some(exchange.into()))
    }

    /// Publishes the request under `routing_key`. Default: the method's name.
    pub fn routing_key(self, routing_key: impl Into<String>) -> Self {
        self.with(|request| request.routing_key = Some(routing_key.into()))
    }

    /// The queue that the request will wait in, for [`fail_fast`](Self::fail_fast) and for the error of a
    /// timeout; it does not change where the request goes. Default: on the default exchange the routing key,
    /// else the service's name, which is what comes before the last dot of the method's.
    pub fn queue(self, queue: impl Into<String>) -> Self {
        self.with(|request| request.queue = Some(queue.into()))
    }

    pub(super) fn with_options(self, change: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        self.with(|request| request.options = change(std::mem::take(&mut request.options)))
    }

    /// Has no effect on a call that was polled: it is being sent.
    pub(super) fn with(mut self, change: impl FnOnce(&mut UntypedRequest<B>)) -> Self {
        if let UntypedState::Unsent(request) = &mut self.state {
            change(request);
        }
        self
    }
}

impl UntypedCall<Value> {
    /// The codec that the value is written in, and with it the reply; see [`codec`](crate::codec). Default: JSON. A server
    /// that does not read it answers with `unsupported_media_type`.
    pub fn codec(self, codec: impl Into<AnyCodec>) -> Self {
        let codec = codec.into();
        self.with(|request| {
            request.content_type = Cow::Borrowed(codec.content_type());
            request.codec = codec;
        })
    }
}

impl UntypedCall<Bytes> {
    /// The content type of the body, such as `application/msgpack`. Default: `application/octet-stream`.
    ///
    /// A server that reads this type answers in it, and writes faults in it as well. Faults are read where
    /// this client knows the type: those of its features, never a custom [`Codec`](crate::codec::Codec). A
    /// fault in any other type is `Decode`, Unknown.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        self.with(|request| request.content_type = Cow::Owned(content_type.into()))
    }
}

fn start<B: UntypedBody>(
    mut request: UntypedRequest<B>,
    method: &str,
) -> Result<ReplyFuture, CallError<NoError>> {
    let PreparedMessage { message, policy } = request.prepare(method)?;
    let call = OutgoingCall::new(message, policy);
    let Client { session, layers, .. } = request.client;
    Ok(match layers {
        None => deliver(session, call),
        Some(layers) => layers.call_boxed(call),
    })
}

impl<B: UntypedBody> UntypedCall<B> {
    /// Polls for the reply, which is left encoded.
    pub(super) fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reply, CallError<NoError>>> {
        let mut delivery = match std::mem::replace(&mut self.state, UntypedState::Done) {
            UntypedState::Unsent(request) => start(*request, &self.method)?,
            UntypedState::Sent(delivery) => delivery,
            UntypedState::Done => panic!("`UntypedCall` was polled after it had resolved"),
        };
        let polled = delivery.as_mut().poll(cx);
        if polled.is_pending() {
            self.state = UntypedState::Sent(delivery);
        }
        polled
    }
}

impl<B: UntypedBody> Future for UntypedCall<B> {
    type Output = Result<B, CallError<UntypedError<B>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let of_none = |error: CallError<NoError>| error.map(|none| match none {});
        self.poll_reply(cx).map(|reply| reply.map_err(of_none).and_then(untyped_body::read))
    }
}

impl<B: UntypedBody> MadeByClient for UntypedCall<B> {
    fn waiter(&self) -> Option<Waiter> {
        let UntypedState::Unsent(request) = &self.state else { return None };
        Waiter::of(&request.client.session)
    }
}

// The body is never pinned: it is encoded at the first poll.
impl<B: UntypedBody> Unpin for UntypedCall<B> {}

impl<B: UntypedBody> fmt::Debug for UntypedCall<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            UntypedState::Unsent(_) => "not sent",
            UntypedState::Sent(_) => "being delivered",
            UntypedState::Done => "resolved",
        };
        f.debug_struct("UntypedCall").field("method", &self.method).field("state", &state).finish()
    }
}
