//! A call, notification or event as the user holds it: a lazy future with options.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use amqp_rpc_transport::HeaderValue;

use super::unsent::UnsentCall;
use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        delivery::{
            deliver::{ReplyFuture, deliver_one_way},
            in_flight::InFlight,
            outgoing_call::OutgoingCall,
            policy::RetryState,
            prepare::PreparedMessage,
            retry::{NextStep, map_error, retry_or_finish},
            send::{self, Sending, Start},
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{Event, MethodKind, Request, Response},
    error::{CallError, ErrorMaps},
    message::Reply,
    wire::reply::ReceivedReply,
};

/// A call, notification or event of one method: nothing is sent until it is awaited, or polled.
///
/// A **call** waits until fewer than `max_in_flight` calls are in flight, sends the request, and resolves to
/// the method's value or a [`CallError`]. Its timeout starts at the first poll. Dropping the future stops
/// waiting; a published request may still run, and its reply is discarded.
///
/// While time is left, the request is sent again in two cases, at most eight times: its connection was lost
/// and the method is declared `idempotent` or `deduplicate`; or a stopping server answered that it had not started it. After
/// the broker has closed only the channel, which it does because of something that was published on it, it is
/// sent again once. For other repetitions make the call again, as [`CallError::is_retryable`] allows.
///
/// # One-way messages
///
/// A **notification** (`#[rpc(notify)]`) or an **event** (`#[rpc(event)]`) has no reply. It resolves to `()`
/// when the broker has confirmed it: then it is in the service's queue, an event in the queues of all groups
/// that subscribe to its [topic](Self::topic), where it survives a restart of the broker. An event without
/// subscribers is no error. A server that fails to run it logs that, and the message becomes a dead letter.
/// The message waits in its queue without limit: its timeout limits the wait for the publisher confirm alone.
/// It inherits the trace of a call that is being served, but not its deadline.
///
/// Dropping the future stops waiting, and **a timeout does not take the message back**: one that was
/// published stays published, and its confirm may come a moment too late. So a notification that fails with a
/// `Timeout` that is `Unknown` may be run. When the connection is lost before the confirm came, it fails with
/// `Disconnected`, for the broker may have it or not; declared `idempotent` or `deduplicate`, it is sent again within its
/// timeout, with the same `message_id`.
///
/// It has the errors of a call, except those that a reply carries, and in addition `Nacked`: the broker
/// refused the message. An event that the queue of one group refused may be in those of other groups.
///
/// Must be polled inside a tokio runtime.
#[must_use = "nothing is sent until it is awaited"]
pub struct Call<R: Request> {
    state: CallState<R>,
}

enum CallState<R> {
    Unsent(UnsentCall<R>),
    Sending(Sending<InFlight>, RetryState),
    Sent(InFlight, RetryState),
    /// In the layers of its client, or a one-way message.
    Boxed(ReplyFuture, Option<Arc<ErrorMaps>>),
    Done,
}

impl<R: Request> Call<R> {
    pub(super) fn new(client: Client, defaults: Arc<CallOptions>, request: R) -> Self {
        Self { state: CallState::Unsent(UnsentCall::new(client, defaults, request)) }
    }

    /// The time to wait for the reply; the server may still finish the work after it. For a one-way message,
    /// the time to wait for the publisher confirm; the broker may have the message all the same.
    ///
    /// A request that is still in its queue then is dropped by the broker, a one-way message stays there.
    /// `Duration::MAX` waits without limit; zero fails without sending anything. Timeouts are noticed up to 5
    /// ms late.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|options| options.timeout(timeout))
    }

    /// Adds a header to the request.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.with(|options| options.header(name, value))
    }

    /// The request's priority; it matters on queues that were declared with `x-max-priority`, and on quorum
    /// queues.
    pub fn priority(self, priority: u8) -> Self {
        self.with(|options| options.priority(priority))
    }

    /// Refuses the call or notification with `NoConsumer`, within a round trip, if its queue exists but has
    /// no consumer. Without it, the request waits in the queue for a server, a call until its timeout.
    ///
    /// The broker is asked before the request is sent, once for all calls within a second while it answers
    /// that the queue has consumers; when it has none, again after a tenth of a second. A server that stops
    /// within that second is not noticed. The queue is the one that the method declares. An event has none:
    /// for one this does not compile.
    ///
    /// On RabbitMQ since 4.3 the client's user needs a permission on the queue (configure, write or read).
    /// Without it the broker does not answer, the request is sent, and a warning is logged.
    ///
    /// ```compile_fail
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// # use amqp_rpc::{Call, contract::{Event, MethodDef, NoError, NoReply, Request}};
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Created {}
    /// # impl Request for Created {
    /// #     const METHOD: &'static MethodDef = &MethodDef::new("users", "users.created").event();
    /// #     type Response = NoReply;
    /// #     type Error = NoError;
    /// # }
    /// # impl Event for Created {}
    /// # fn publish(created: Call<Created>) {
    /// let _ = created.topic("eu.de").fail_fast();
    /// # }
    /// # fn main() { let _ = publish as fn(_); }
    /// ```
    pub fn fail_fast(self) -> Self {
        const {
            assert!(
                !matches!(R::METHOD.kind, MethodKind::Event),
                "`fail_fast` means nothing for an event: it has no queue of its own"
            );
        }
        self.with(CallOptions::fail_fast)
    }

    /// The codec that the request is written in, and with it the reply; see [`codec`](crate::codec). Default:
    /// that of the typed client, else of the client, else JSON. A server that does not read it answers a call
    /// with `unsupported_media_type`; a one-way message becomes a dead letter.
    pub fn codec(self, codec: impl Into<AnyCodec>) -> Self {
        self.with(|options| options.codec(codec))
    }

    /// Inherits neither the deadline nor the trace of the call that is being served: for work that must
    /// continue after the caller has stopped waiting.
    ///
    /// Without this a call that a method makes in its own task, whichever task awaits it, waits no longer
    /// than until the deadline of the call that the method serves, or until the server's
    /// [`handler_timeout`](crate::Server::handler_timeout), less a
    /// [margin](crate::client::ClientBuilder::deadline_margin), and when that is over, it fails with
    /// `Timeout` and nothing is sent. It also carries the headers `traceparent`, `tracestate` and `baggage`
    /// of the request, unless it has its own. A one-way message inherits these headers only.
    /// [`Context::scope`](crate::Context::scope) gives the same to tasks that a method spawns.
    pub fn detached(self) -> Self {
        self.with(CallOptions::detached)
    }

    fn take_state(&mut self) -> CallState<R> {
        std::mem::replace(&mut self.state, CallState::Done)
    }

    /// The call before its first poll.
    pub(super) fn unsent(&self) -> Option<&UnsentCall<R>> {
        let CallState::Unsent(call) = &self.state else { return None };
        Some(call)
    }

    pub(super) fn unsent_mut(&mut self) -> Option<&mut UnsentCall<R>> {
        let CallState::Unsent(call) = &mut self.state else { return None };
        Some(call)
    }

    /// Has no effect after the first poll.
    fn with(mut self, change: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        if let Some(call) = self.unsent_mut() {
            call.options = change(std::mem::take(&mut call.options));
        }
        self
    }
}

impl<E: Event> Call<E> {
    /// The topic of the event: words between dots, such as `eu.de`, which subscribers choose by patterns
    /// such as `eu.*`. Default: the empty topic, which only subscribers to all topics of this event receive.
    ///
    /// A topic with an empty word, which no pattern could match, fails with `Encode`; so does one that makes
    /// the routing key longer than AMQP's 255 bytes.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        if let Some(call) = self.unsent_mut() {
            call.set_topic(topic.into().into());
        }
        self
    }
}

impl<R: Request> CallState<R> {
    const IS_ONE_WAY: bool = !matches!(R::METHOD.kind, MethodKind::Call);

    fn start(mut call: UnsentCall<R>) -> Result<Self, CallError<R::Error>> {
        let PreparedMessage { message, policy } = call.prepare()?;
        let Client { session, layers, .. } = call.client;
        if let Some(layers) = layers {
            let maps = policy.error_maps.clone();
            return Ok(Self::Boxed(layers.call_boxed(OutgoingCall::new(message, policy)), maps));
        }
        let timeout = policy.timeout;
        let retries = RetryState::new(policy);
        if Self::IS_ONE_WAY {
            let delivery = deliver_one_way(session, message, timeout, retries);
            return Ok(Self::Boxed(Box::pin(delivery), None));
        }
        match send::start(session, message, timeout) {
            Start::Sent(in_flight) => Ok(Self::Sent(in_flight, retries)),
            Start::Waiting(sending) => Ok(Self::Sending(sending, retries)),
            Start::Failed(error) => Err(error.into_call_error(&retries)),
        }
    }

    /// Decodes the reply of the layers. One-way messages ignore it, for they have none.
    fn read(reply: Reply) -> Result<<R::Response as Response>::Value, CallError<R::Error>> {
        let reply = if Self::IS_ONE_WAY { Reply::confirmed() } else { reply };
        reply.decode::<R>()
    }
}

impl<R: Request> Future for Call<R> {
    type Output = Result<<R::Response as Response>::Value, CallError<R::Error>>;

    // In place: a state is some hundred bytes, and moving it out and back costs more than what it waits for.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                CallState::Sent(in_flight, retries) => {
                    let outcome = ready!(in_flight.poll_call(cx));
                    match retry_or_finish(outcome, in_flight, retries, ReceivedReply::decode::<R>) {
                        NextStep::Finish(result) => {
                            self.state = CallState::Done;
                            return Poll::Ready(result);
                        }
                        NextStep::Retry(sending) => {
                            let CallState::Sent(_, retries) = self.take_state() else { continue };
                            self.state = CallState::Sending(sending, retries);
                        }
                    }
                }
                CallState::Unsent(_) => {
                    let CallState::Unsent(call) = self.take_state() else { continue };
                    self.state = CallState::start(call)?;
                }
                CallState::Sending(sending, _) => {
                    let sent = ready!(sending.as_mut().poll(cx));
                    let CallState::Sending(_, retries) = self.take_state() else { continue };
                    self.state = match sent {
                        Ok(in_flight) => CallState::Sent(in_flight, retries),
                        Err(error) => return Poll::Ready(Err(error.into_call_error(&retries))),
                    };
                }
                CallState::Boxed(delivery, maps) => {
                    let reply =
                        ready!(delivery.as_mut().poll(cx)).map_err(|error| error.map(|none| match none {}));
                    let result = reply.and_then(CallState::<R>::read);
                    let result = result.map_err(|error| map_error(error, maps.as_deref()));
                    self.state = CallState::Done;
                    return Poll::Ready(result);
                }
                CallState::Done => panic!("`Call` was polled after it had resolved"),
            }
        }
    }
}

impl<R: Request> MadeByClient for Call<R> {
    fn waiter(&self) -> Option<Waiter> {
        Waiter::of(&self.unsent()?.client.session)
    }
}

// The request is never pinned: it is encoded and dropped at the first poll.
impl<R: Request> Unpin for Call<R> {}

impl<R: Request> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            CallState::Unsent(_) => "not sent",
            CallState::Sending(..) => "waiting to be sent",
            CallState::Sent(..) => "sent",
            CallState::Boxed(..) if CallState::<R>::IS_ONE_WAY => "being delivered",
            CallState::Boxed(..) => "in the client's layers",
            CallState::Done => "resolved",
        };
        f.debug_struct("Call").field("method", &R::METHOD.full_name).field("state", &state).finish()
    }
}
