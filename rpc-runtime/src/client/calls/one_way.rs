//! Notifications and events as the user holds them: lazy futures that resolve when the broker has taken the message.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use amqp_rpc_transport::HeaderValue;
use uuid::Uuid;

use crate::{
    client::{
        blocking::{MadeByClient, Waiter},
        delivery::{
            deliver::{AnswerFuture, deliver_one_way},
            message::OutgoingMessage,
            outgoing_call::OutgoingCall,
            policy::{CallPolicy, RetryState},
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{Event, NoError, Notification, Repetition, Request},
    error::{Awaited, CallError, Unencodable},
    wire::request::body_of,
};

/// A message for one server, which nobody answers: nothing happens until it is awaited, or polled.
///
/// It resolves when the broker has the message in the service's queue, where it survives a restart of the broker; not when a server has
/// run it. What fails there is logged there, and the message goes to the dead letters. It waits there as long as it takes: unlike a
/// call's, its timeout is about the broker's word alone, and it inherits the trace of a call that is being served, but not its deadline.
///
/// Must be polled inside a tokio runtime. Dropping it before it has resolved forgets it, and **a timeout does not take it back**: a message that
/// was sent stays sent, and the broker's word may come a moment too late. So a `Timeout` that is `Unknown` may be of a notification that is run.
/// A connection that is lost before the broker's word has come makes it fail with `Disconnected`, for the broker may have it or not; declared
/// `idempotent`, it is sent again within its timeout, with the same `message_id`.
///
/// # Errors
/// As a [`Call`](crate::Call), but for what only a reply can bring; in addition `Rejected`, when the broker has refused the message.
#[must_use = "a notification is only sent when it is awaited"]
pub struct Notify<R: Notification>(OneWay<R>);

/// An event on its way to everybody who has subscribed: nothing happens until it is awaited, or polled.
///
/// It resolves when the broker has the event in the queues of all groups that subscribe to its topic, where it survives a restart of the
/// broker. That nobody subscribes is no error. For the rest it is as a [`Notify`].
///
/// # Errors
/// As for a [`Notify`]; when one group's queue refuses it (`Rejected`), others may have it.
#[must_use = "an event is only published when it is awaited"]
pub struct Publish<E: Event>(OneWay<E>);

enum OneWay<R> {
    Lazy(Box<Lazy<R>>),
    Running(AnswerFuture),
    Done,
}

struct Lazy<R> {
    client: Client,
    defaults: Arc<CallOptions>,
    options: CallOptions,
    topic: String,
    request: R,
}

macro_rules! options_of {
    ($future:ident, $bound:ident) => {
        impl<R: $bound> $future<R> {
            pub(crate) fn new(client: Client, defaults: Arc<CallOptions>, request: R) -> Self {
                let (options, topic) = (CallOptions::new(), String::new());
                Self(OneWay::Lazy(Box::new(Lazy { client, defaults, options, topic, request })))
            }

            /// How long to wait for the broker's word before giving up; it may still have the message. `Duration::MAX` waits without
            /// limit; zero fails without sending anything.
            pub fn timeout(self, timeout: Duration) -> Self {
                Self(self.0.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).timeout(timeout)))
            }

            /// Adds a header.
            pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
                Self(self.0.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).header(name, value)))
            }

            /// What it is written in; see [`codec`](crate::codec). Receivers that do not read it send it to their dead letters.
            pub fn codec(self, codec: impl Into<AnyCodec>) -> Self {
                Self(self.0.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).codec(codec)))
            }

            /// The message's priority; see [`Call::priority`](crate::Call::priority).
            pub fn priority(self, priority: u8) -> Self {
                Self(self.0.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).priority(priority)))
            }
        }

        impl<R: $bound> Future for $future<R> {
            type Output = Result<(), CallError<NoError>>;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.0.poll(cx)
            }
        }

        impl<R: $bound> MadeByClient for $future<R> {
            fn waiter(&self) -> Option<Waiter> {
                let OneWay::Lazy(lazy) = &self.0 else { return None };
                Waiter::of(&lazy.client.session)
            }
        }

        // The request is never pinned: it is encoded and dropped at the first poll.
        impl<R: $bound> Unpin for $future<R> {}

        impl<R: $bound> fmt::Debug for $future<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let state = match self.0 {
                    OneWay::Lazy(_) => "not sent",
                    OneWay::Running(_) => "on its way",
                    OneWay::Done => "resolved",
                };
                f.debug_struct(stringify!($future))
                    .field("method", &R::METHOD.full_name)
                    .field("state", &state)
                    .finish()
            }
        }
    };
}

options_of!(Notify, Notification);
options_of!(Publish, Event);

impl<R: Notification> Notify<R> {
    /// Refuses it with `NoConsumer` when nobody consumes its queue; see [`Call::fail_fast`](crate::Call::fail_fast). Without this it
    /// waits there for a server to come, for as long as that takes.
    pub fn fail_fast(self) -> Self {
        Self(self.0.with(|lazy| lazy.options = std::mem::take(&mut lazy.options).fail_fast()))
    }
}

impl<E: Event> Publish<E> {
    /// What the event is about: words between dots, such as `eu.de`, which subscribers choose by patterns such as `eu.*`. Default: the
    /// empty topic, which only those get that subscribe to all of this event's topics.
    ///
    /// A topic that no pattern could match, with an empty word in it, fails with `Encode`; so does one that makes the routing key longer
    /// than AMQP's 255 bytes.
    pub fn topic(self, topic: impl Into<String>) -> Self {
        Self(self.0.with(|lazy| lazy.topic = topic.into()))
    }
}

impl<R: Request> OneWay<R> {
    /// Has no effect on one that was polled: it is on its way.
    fn with(mut self, change: impl FnOnce(&mut Lazy<R>)) -> Self {
        if let Self::Lazy(lazy) = &mut self {
            change(lazy);
        }
        self
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError<NoError>>> {
        if let Self::Lazy(_) = self {
            let Self::Lazy(lazy) = std::mem::replace(self, Self::Done) else {
                unreachable!("it was just lazy")
            };
            let Client { session, layers, .. } = lazy.client.clone();
            let (message, policy) = lazy.prepare()?;
            *self = Self::Running(match layers {
                None => Box::pin(deliver_one_way(session, message, policy.timeout, RetryState::new(policy))),
                Some(layers) => layers.call_boxed(OutgoingCall::new(message, policy)),
            });
        }
        let Self::Running(running) = self else { panic!("a message was polled after it had resolved") };
        let polled = running.as_mut().poll(cx).map_ok(|_| ());
        if polled.is_ready() {
            *self = Self::Done;
        }
        polled
    }
}

impl<R: Request> Lazy<R> {
    fn prepare(self) -> Result<(OutgoingMessage, CallPolicy), CallError<NoError>> {
        let Self { client: Client { session, timeout, .. }, defaults, options, topic, request } = self;
        let (settings, method) = (&session.settings, R::METHOD);
        let unencodable =
            |error: Box<dyn std::error::Error + Send + Sync>| CallError::Encode(Unencodable(error));
        let mut routing_key = settings.namespace.routing_key(method);
        if !topic.is_empty() {
            if topic.split('.').any(str::is_empty) {
                return Err(unencodable(format!("topic {topic:?} has an empty word").into()));
            }
            routing_key = Cow::Owned(format!("{routing_key}.{topic}"));
        }
        if settings.validates {
            request.validate().map_err(CallError::Invalid)?;
        }
        let mut options = options.or(&defaults);
        let codec = options.codec.take().unwrap_or_else(|| settings.codec.clone());
        let (body, content_type) = body_of(&request, &codec).map_err(unencodable)?;
        settings.check_size(&body).map_err(CallError::TooLarge)?;
        // The trace, but not the deadline: what has happened is told whether or not somebody still waits.
        settings.inherited(&options).add_trace(&mut options.headers);
        let policy = CallPolicy {
            timeout: options.timeout.or(method.timeout).or(timeout).unwrap_or(settings.timeout),
            inherited: false,
            idempotent: method.repetition == Repetition::Idempotent,
            awaited: Awaited::Confirm,
            // There is no reply with an error.
            error_maps: None,
            codec,
        };
        let message = OutgoingMessage {
            method,
            exchange: settings.namespace.exchange(method.exchange),
            routing_key,
            headers: options.headers,
            priority: options.priority,
            content_type: content_type.into(),
            body,
            // What receivers can tell repetitions by.
            message_id: Some(Uuid::new_v4().to_string().into()),
            fails_fast: (options.fails_fast || settings.fails_fast) && !method.queue.is_empty(),
            untyped: None,
        };
        Ok((message, policy))
    }
}
