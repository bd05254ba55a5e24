//! A call as the user holds it: a lazy future with options of its own.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use amqp_rpc_transport::HeaderValue;

use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        delivery::{
            deliver::AnswerFuture,
            in_flight::InFlight,
            message::OutgoingMessage,
            outgoing_call::OutgoingCall,
            policy::{CallPolicy, RetryState},
            retry::{NextStep, map_error, retry_or_finish},
            send::{self, Sending, Start},
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{Repetition, Request, Response},
    error::{Awaited, CallError, ErrorMaps, Unencodable},
    message::Answer,
    wire::{reply::RawReply, request::body_of},
};

/// A call of one method: nothing happens until it is awaited, or polled.
///
/// Then it takes a free slot, sends the request, and resolves to the method's value or a [`CallError`]. Its timeout starts at
/// the first poll. Dropping it before forgets the call: a request that was sent may still run, its reply is dropped.
///
/// While time is left, the request is sent again in two cases, at most eight times: its connection was lost and the method is declared
/// `idempotent`; or a stopping server answered that it had not started it. After the broker has closed only the channel, which it does
/// because of something that was published on it, it is sent again once. Whoever wants other repetitions makes the call again, as
/// [`CallError::is_retryable`] allows.
///
/// Must be polled inside a tokio runtime.
#[must_use = "a call is only sent when it is awaited"]
pub struct Call<R: Request> {
    state: State<R>,
}

enum State<R> {
    Lazy(Lazy<R>),
    Sending(Sending<InFlight>, RetryState),
    Sent(InFlight, RetryState),
    Layered(AnswerFuture, Option<Arc<ErrorMaps>>),
    Done,
}

struct Lazy<R> {
    client: Client,
    defaults: Arc<CallOptions>,
    options: CallOptions,
    request: R,
}

impl<R: Request> Call<R> {
    pub(crate) fn new(client: Client, defaults: Arc<CallOptions>, request: R) -> Self {
        Self { state: State::Lazy(Lazy { client, defaults, options: CallOptions::new(), request }) }
    }

    /// How long to wait for the reply before giving up. The server may still finish the work.
    ///
    /// A request that is still in its queue then is dropped by the broker. `Duration::MAX` waits without limit; zero fails
    /// without sending anything. Timeouts are noticed up to 5 ms late.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|options| options.timeout(timeout))
    }

    /// Adds a header to the request.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.with(|options| options.header(name, value))
    }

    /// The request's priority; it matters on queues that were declared with `x-max-priority`, and on quorum queues.
    pub fn priority(self, priority: u8) -> Self {
        self.with(|options| options.priority(priority))
    }

    /// Refuses the call with `NoConsumer`, within a round trip, when its queue is there but nobody consumes it; without this it
    /// waits there for a server to come, until its time is over.
    ///
    /// The broker is asked before the request is sent, once for all calls within a second while it answers that somebody serves; when
    /// nobody does, again after a tenth of a second. A server that stops within that second is not noticed. The queue is the one that
    /// the method declares.
    pub fn fail_fast(self) -> Self {
        self.with(CallOptions::fail_fast)
    }

    /// What the request is written in, and with it the reply; see [`codec`](crate::codec). Default: that of the typed client, else of the
    /// client, else JSON. A server that does not read it answers `unsupported_media_type`.
    pub fn codec(self, codec: impl Into<AnyCodec>) -> Self {
        self.with(|options| options.codec(codec))
    }

    /// Neither the deadline nor the trace of the call that is being served limits or marks this one: for what must be done even when
    /// nobody waits for it any more.
    ///
    /// Without this a call that a method makes in its own task waits no longer than until the deadline of the call that the method
    /// serves, or until the server's [`handler_timeout`](crate::Server::handler_timeout), and when that is over, it fails with `Timeout`
    /// and nothing is sent. It also carries the headers `traceparent`, `tracestate` and `baggage` of the request, unless it has its own.
    /// [`Context::scope`](crate::Context::scope) gives the same to tasks that a method spawns.
    pub fn detached(self) -> Self {
        self.with(CallOptions::detached)
    }

    /// Has no effect on a call that was polled: it is on its way.
    fn with(mut self, change: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        if let State::Lazy(lazy) = &mut self.state {
            lazy.options = change(std::mem::take(&mut lazy.options));
        }
        self
    }
}

impl<R: Request> Lazy<R> {
    fn start(self) -> Result<State<R>, CallError<R::Error>> {
        let Self { client: Client { session, layers, timeout }, defaults, options, request } = self;
        let settings = &session.settings;
        if settings.validates {
            request.validate().map_err(CallError::Invalid)?;
        }
        let mut options = options.or(&defaults);
        let codec = options.codec.take().unwrap_or_else(|| settings.codec.clone());
        let (body, content_type) =
            body_of(&request, &codec).map_err(|error| CallError::Encode(Unencodable(error)))?;
        settings.check_size(&body).map_err(CallError::TooLarge)?;
        let method = R::METHOD;
        let own_timeout = options.timeout.or(method.timeout).or(timeout).unwrap_or(settings.timeout);
        let inherited = settings.inherited(&options);
        inherited.add_trace(&mut options.headers);
        let left = inherited.less_than(own_timeout);
        let policy = CallPolicy {
            timeout: left.unwrap_or(own_timeout),
            inherited: left.is_some(),
            idempotent: method.repetition == Repetition::Idempotent,
            awaited: Awaited::Reply,
            error_maps: options.error_maps,
            codec,
        };
        let call = OutgoingMessage {
            method,
            exchange: settings.namespace.exchange(method.exchange),
            routing_key: settings.namespace.routing_key(method),
            headers: options.headers,
            priority: options.priority,
            content_type: content_type.into(),
            body,
            message_id: None,
            fails_fast: options.fails_fast || settings.fails_fast,
            untyped: None,
        };
        if let Some(layers) = layers {
            let maps = policy.error_maps.clone();
            let call = OutgoingCall::new(call, policy);
            return Ok(State::Layered(layers.call_boxed(call), maps));
        }
        let retries = RetryState::new(policy);
        match send::start(session, call, retries.policy.timeout) {
            Start::Sent(in_flight) => Ok(State::Sent(in_flight, retries)),
            Start::Waiting(sending) => Ok(State::Sending(sending, retries)),
            Start::Failed(failure) => Err(failure.into_error(&retries)),
        }
    }
}

impl<R: Request> Future for Call<R> {
    type Output = Result<<R::Response as Response>::Value, CallError<R::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Lazy(lazy) => self.state = lazy.start()?,
                State::Sending(mut sending, retries) => match sending.as_mut().poll(cx) {
                    Poll::Ready(Ok(in_flight)) => self.state = State::Sent(in_flight, retries),
                    Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure.into_error(&retries))),
                    Poll::Pending => {
                        self.state = State::Sending(sending, retries);
                        return Poll::Pending;
                    }
                },
                State::Sent(mut in_flight, retries) => {
                    let Poll::Ready(outcome) = in_flight.poll(cx) else {
                        self.state = State::Sent(in_flight, retries);
                        return Poll::Pending;
                    };
                    match retry_or_finish(outcome, in_flight, retries, RawReply::decode::<R>) {
                        NextStep::Finish(result) => return Poll::Ready(result),
                        NextStep::Retry(sending, retries) => self.state = State::Sending(sending, retries),
                    }
                }
                State::Layered(mut answering, maps) => {
                    let Poll::Ready(answered) = answering.as_mut().poll(cx) else {
                        self.state = State::Layered(answering, maps);
                        return Poll::Pending;
                    };
                    let answered = answered.map_err(|error| error.map(|none| match none {}));
                    let result = answered.and_then(Answer::decode::<R>);
                    return Poll::Ready(result.map_err(|error| map_error(error, maps.as_deref())));
                }
                State::Done => panic!("`Call` was polled after it had resolved"),
            }
        }
    }
}

impl<R: Request> MadeByClient for Call<R> {
    fn waiter(&self) -> Option<Waiter> {
        let State::Lazy(lazy) = &self.state else { return None };
        Waiter::of(&lazy.client.session)
    }
}

// The request is never pinned: it is encoded and dropped at the first poll.
impl<R: Request> Unpin for Call<R> {}

impl<R: Request> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Lazy(_) => "not sent",
            State::Sending(..) => "waiting to be sent",
            State::Sent(..) => "sent",
            State::Layered(..) => "in the hands of the client's layers",
            State::Done => "resolved",
        };
        f.debug_struct("Call").field("method", &R::METHOD.full_name).field("state", &state).finish()
    }
}
