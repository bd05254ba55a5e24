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

use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        delivery::{
            deliver::{AnswerFuture, deliver},
            message::{OutgoingMessage, UntypedMethod},
            outgoing_call::OutgoingCall,
            policy::CallPolicy,
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{MethodDef, NoError},
    error::{Awaited, CallError, Undecodable, Unencodable, UntypedError},
    message::{Answer, Execution, ReplyKind},
};

/// What layers see as the method of all untyped calls.
const UNTYPED: &MethodDef = &MethodDef::new("", "").routing_key("").queue("");
/// The content type of bytes that say nothing else.
const BYTES: &str = "application/octet-stream";

impl Client {
    /// Calls the method of this name, such as `fib.compute`, with a JSON body: for services whose trait is not at hand, foreign ones
    /// and gateways.
    ///
    /// The body of a typed method is an object with the names of its parameters, or an array with their values. Namespaces are part of
    /// the name: `servers.trees.list`. The call ends with the method's value, or its own error, as JSON.
    ///
    /// ```no_run
    /// # use amqp_rpc_runtime::{CallError, Client, UntypedError};
    /// # use serde_json::{Value, json};
    /// # async fn run(client: Client) -> Result<(), CallError<UntypedError<Value>>> {
    /// let value = client.call_json("fib.compute", json!({"n": 30})).await?;
    /// assert_eq!(value, json!(832_040));
    /// # Ok(()) }
    /// ```
    pub fn call_json(&self, method: impl Into<String>, body: Value) -> UntypedCall<Value> {
        UntypedCall::new(self.clone(), method.into(), body)
    }

    /// Calls the method of this name with a body that is sent as it is, with the content type `application/octet-stream` unless it is
    /// [given another](UntypedCall::content_type). The call ends with the body of the reply, of whatever type that is.
    pub fn call_bytes(&self, method: impl Into<String>, body: impl Into<Bytes>) -> UntypedCall<Bytes> {
        UntypedCall::new(self.clone(), method.into(), body.into())
    }
}

/// A call of a method by its name: nothing happens until it is awaited, or polled.
///
/// For the rest it is as a [`Call`](crate::Call). It goes where the typed one would go whose trait says nothing else: to the exchange
/// `amqp-rpc` with the name as routing key.
///
/// # Errors
/// As a [`Call`](crate::Call), the method's own error being an [`UntypedError`]. A name that is empty, or has an empty part as in
/// `fib..compute`, fails with `Encode`, and nothing is sent.
#[must_use = "a call is only sent when it is awaited"]
pub struct UntypedCall<B: UntypedBody> {
    method: String,
    state: State<B>,
}

enum State<B> {
    Lazy(Box<Lazy<B>>),
    Running(AnswerFuture),
    Done,
}

struct Lazy<B> {
    client: Client,
    options: CallOptions,
    exchange: Option<String>,
    routing_key: Option<String>,
    queue: Option<String>,
    content_type: Cow<'static, str>,
    idempotent: bool,
    body: B,
}

impl<B: UntypedBody> UntypedCall<B> {
    fn new(client: Client, method: String, body: B) -> Self {
        let state = State::Lazy(Box::new(Lazy {
            client,
            options: CallOptions::new(),
            exchange: None,
            routing_key: None,
            queue: None,
            content_type: Cow::Borrowed(B::CONTENT_TYPE),
            idempotent: false,
            body,
        }));
        Self { method, state }
    }

    /// How long to wait for the reply; see [`Call::timeout`](crate::Call::timeout). Default: the client's.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).timeout(timeout))
    }

    /// Adds a header to the request.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).header(name, value))
    }

    /// The request's priority; see [`Call::priority`](crate::Call::priority).
    pub fn priority(self, priority: u8) -> Self {
        self.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).priority(priority))
    }

    /// Refuses the call with `NoConsumer` when nobody consumes its [queue](Self::queue); see
    /// [`Call::fail_fast`](crate::Call::fail_fast).
    pub fn fail_fast(self) -> Self {
        self.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).fail_fast())
    }

    /// Inherits nothing from the call that is being served; see [`Call::detached`](crate::Call::detached).
    pub fn detached(self) -> Self {
        self.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).detached())
    }

    /// Says that running it twice is harmless: after the loss of the connection it is sent again, and an unknown outcome is retryable.
    pub fn idempotent(self) -> Self {
        self.with(|lazy| lazy.idempotent = true)
    }

    /// Publishes the request to `exchange`; empty for the default exchange, where the [routing key](Self::routing_key) is the queue.
    /// Default: `amqp-rpc`. The client's namespace is put before it.
    pub fn exchange(self, exchange: impl Into<String>) -> Self {
        self.with(|lazy| lazy.exchange = Some(exchange.into()))
    }

    /// Publishes the request under `routing_key`. Default: the method's name.
    pub fn routing_key(self, routing_key: impl Into<String>) -> Self {
        self.with(|lazy| lazy.routing_key = Some(routing_key.into()))
    }

    /// The queue that the request will wait in, for [`fail_fast`](Self::fail_fast) and what a timeout tells; it does not change where
    /// the request goes. Default: on the default exchange the routing key, else the service's name, which is what comes before the last
    /// dot of the method's.
    pub fn queue(self, queue: impl Into<String>) -> Self {
        self.with(|lazy| lazy.queue = Some(queue.into()))
    }

    /// Has no effect on a call that was polled: it is on its way.
    fn with(mut self, change: impl FnOnce(&mut Lazy<B>)) -> Self {
        if let State::Lazy(lazy) = &mut self.state {
            change(lazy);
        }
        self
    }
}

impl UntypedCall<Bytes> {
    /// What the body is, such as `application/msgpack`. Default: `application/octet-stream`.
    ///
    /// A server that reads this type answers in it, and writes faults in it as well. They are read where this client knows the type: those of its
    /// features, and a [`Codec`](crate::codec::Codec) of one's own never. Of one that it does not know, a fault is `Decode`, Unknown.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        self.with(|lazy| lazy.content_type = Cow::Owned(content_type.into()))
    }
}

/// What untyped calls may carry: [`Value`] or [`Bytes`].
pub trait UntypedBody: Travels {}

impl UntypedBody for Value {}
impl UntypedBody for Bytes {}

mod travels {
    use super::{Answer, Bytes, Unreadable};

    pub trait Travels: Sized + Send + Unpin + 'static {
        const CONTENT_TYPE: &'static str;

        fn encode(self) -> Result<Bytes, Unreadable>;
        fn decode(answer: Answer) -> Result<Self, Unreadable>;
    }
}

use travels::Travels;

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

impl Travels for Value {
    const CONTENT_TYPE: &'static str = "application/json";

    fn encode(self) -> Result<Bytes, Unreadable> {
        AnyCodec::JSON.encode(&self)
    }

    fn decode(answer: Answer) -> Result<Self, Unreadable> {
        answer.codec?.decode(&answer.body).map_err(|malformed| malformed.source.into())
    }
}

impl Travels for Bytes {
    const CONTENT_TYPE: &'static str = BYTES;

    fn encode(self) -> Result<Bytes, Unreadable> {
        Ok(self)
    }

    fn decode(answer: Answer) -> Result<Self, Unreadable> {
        Ok(answer.body)
    }
}

impl<B: UntypedBody> Lazy<B> {
    fn prepare(self, name: String) -> Result<OutgoingCall, CallError<NoError>> {
        let unencodable = |why: Unreadable| CallError::Encode(Unencodable(why));
        if name.split('.').any(str::is_empty) {
            let why = if name.is_empty() {
                "the name of the method is empty".to_owned()
            } else {
                format!("the name of the method, {name:?}, has an empty part")
            };
            return Err(unencodable(why.into()));
        }
        let Client { session, timeout, .. } = self.client;
        let settings = &session.settings;
        let body = self.body.encode().map_err(unencodable)?;
        settings.check_size(&body).map_err(CallError::TooLarge)?;
        let mut options = self.options;
        let inherited = settings.inherited(&options);
        inherited.add_trace(&mut options.headers);
        let own_timeout = options.timeout.or(timeout).unwrap_or(settings.timeout);
        let left = inherited.less_than(own_timeout);
        let policy = CallPolicy {
            timeout: left.unwrap_or(own_timeout),
            inherited: left.is_some(),
            idempotent: self.idempotent,
            awaited: Awaited::Reply,
            error_maps: None,
            codec: AnyCodec::JSON,
        };
        let exchange = self.exchange.unwrap_or_else(|| UNTYPED.exchange.to_owned());
        let routing_key = self.routing_key.unwrap_or_else(|| name.clone());
        let is_default = exchange.is_empty();
        let queue = self.queue.unwrap_or_else(|| {
            if is_default { routing_key.clone() } else { MethodDef::service_of(&name).to_owned() }
        });
        let message = OutgoingMessage {
            method: UNTYPED,
            exchange: settings.namespace.exchange(&exchange).into_owned().into(),
            // There it is the name of a queue.
            routing_key: if is_default {
                settings.namespace.queue(&routing_key).into_owned().into()
            } else {
                routing_key.into()
            },
            headers: options.headers,
            priority: options.priority,
            content_type: self.content_type,
            body,
            message_id: None,
            fails_fast: options.fails_fast || settings.fails_fast,
            untyped: Some(Box::new(UntypedMethod { name, queue })),
        };
        Ok(OutgoingCall::new(message, policy))
    }
}

impl<B: UntypedBody> Future for UntypedCall<B> {
    type Output = Result<B, CallError<UntypedError<B>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let of_none = |error: CallError<NoError>| error.map(|none| match none {});
        if let State::Lazy(_) = self.state {
            let State::Lazy(lazy) = std::mem::replace(&mut self.state, State::Done) else {
                unreachable!("it was just lazy")
            };
            let Client { session, layers, .. } = lazy.client.clone();
            let call = lazy.prepare(self.method.clone()).map_err(of_none)?;
            self.state = State::Running(match layers {
                None => deliver(session, call),
                Some(layers) => layers.call_boxed(call),
            });
        }
        let State::Running(running) = &mut self.state else {
            panic!("`UntypedCall` was polled after it had resolved")
        };
        let Poll::Ready(answered) = running.as_mut().poll(cx) else { return Poll::Pending };
        self.state = State::Done;
        Poll::Ready(answered.map_err(of_none).and_then(read))
    }
}

fn read<B: UntypedBody>(answer: Answer) -> Result<B, CallError<UntypedError<B>>> {
    let undecodable = |what| {
        move |source| {
            CallError::Decode(Undecodable { what, execution: Execution::Completed, source, remote: None })
        }
    };
    match answer.kind {
        ReplyKind::Result => B::decode(answer).map_err(undecodable("result")),
        ReplyKind::Error => {
            Err(CallError::Method(UntypedError(B::decode(answer).map_err(undecodable("error"))?)))
        }
    }
}

impl<B: UntypedBody> MadeByClient for UntypedCall<B> {
    fn waiter(&self) -> Option<Waiter> {
        let State::Lazy(lazy) = &self.state else { return None };
        Waiter::of(&lazy.client.session)
    }
}

// The body is never pinned: it is encoded at the first poll.
impl<B: UntypedBody> Unpin for UntypedCall<B> {}

impl<B: UntypedBody> fmt::Debug for UntypedCall<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Lazy(_) => "not sent",
            State::Running(_) => "on its way",
            State::Done => "resolved",
        };
        f.debug_struct("UntypedCall").field("method", &self.method).field("state", &state).finish()
    }
}
