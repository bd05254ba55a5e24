//! Calls by hand, as in `RabbitMQ`'s tutorial: a queue for each method, and bodies of bare text.

mod client;
mod error_text;
mod server;

use amqp_rpc_runtime::{
    Headers,
    codec::{AnyCodec, Codec},
    dialect::{Outcome, Queue},
    server::ReplyPolicy,
};

use self::error_text::ErrorText;
use crate::{names::MethodNames, text::Text};

/// The dialect of programs that follow the sixth of `RabbitMQ`'s tutorials, in Python, Go, Ruby and other languages, for both
/// sides.
///
/// A request goes through the default exchange to a queue, which is that of one method; the reply goes to the queue that
/// the request names. Bodies are bare text, such as `30`, or `2,40` for a method with two parameters: [`Text`] says which
/// types have one. The content type is missing, `text/plain` or `application/octet-stream`.
///
/// The queue of a method has its name, such as `fib.compute`, or that of [`queue`](Self::queue). A server declares it not
/// durable; see [`durable_queues`](Self::durable_queues) and [`quorum_queues`](Self::quorum_queues).
///
/// # Errors and faults
///
/// The wire has none: a reply is a value. A server answers a request that fails with nothing, and rejects it: the caller
/// waits until its own time is over, if it has one. [`error_text`](Self::error_text) answers with a text instead, which
/// callers that do not know it take for a value.
///
/// A server by hand ends when its function throws. The broker then delivers the request to the next one. So a timeout is
/// all that a client sees, and the method may have run, more than once. A reply that is not of the method's type is
/// `Decode`. [`errors_begin_with`](Self::errors_begin_with) tells the method's own errors from values.
///
/// Not in this wire: events, and notifications, after which a server by hand ends, because they have no reply address. A
/// client refuses both. `Server::start` refuses `deduplicate` methods: callers send no idempotency key.
#[derive(Clone, Debug)]
pub struct Tutorial {
    codec: AnyCodec,
    names: MethodNames,
    shape: Shape,
    replies: ReplyPolicy,
    error_text: Option<ErrorText>,
    error_prefix: Option<String>,
}

/// How queues are declared.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Transient,
    Durable,
    Quorum,
}

impl Default for Tutorial {
    fn default() -> Self {
        Self::new()
    }
}

impl Tutorial {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        let mut names = MethodNames::default();
        names.use_full_names();
        Self {
            codec: Text::new().into(),
            names,
            shape: Shape::Transient,
            replies: ReplyPolicy::default(),
            error_text: None,
            error_prefix: None,
        }
    }

    /// The queue of one method, which is named with or without its service, such as `rpc_queue` for `compute` or
    /// `fib.compute`. Each method needs one of its own: `Server::start` refuses two with the same queue. Default: the full
    /// name.
    #[must_use]
    pub fn queue(mut self, method: impl Into<String>, queue: impl Into<String>) -> Self {
        self.names.give(method.into(), queue.into());
        self
    }

    /// The codec of bodies, such as `Text::new().separated_by(";")` or one of your own. Default: [`Text`].
    #[must_use]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = codec.into();
        self
    }

    /// Queues survive a restart of the broker. A peer that declares one must do the same, or the broker refuses it.
    #[must_use]
    pub fn durable_queues(mut self) -> Self {
        self.shape = Shape::Durable;
        self
    }

    /// Queues are durable and of the type `quorum`, as in the tutorial of today.
    #[must_use]
    pub fn quorum_queues(mut self) -> Self {
        self.shape = Shape::Quorum;
        self
    }

    /// The reply addresses that a server answers: names of queues. Default: that of a server without a dialect, with
    /// `amq.gen-…`.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }

    /// The text by which a server answers a method's own error or a fault. With `None` there is no reply, and the request is
    /// rejected. Default: always `None`, for a caller may take any text for a value.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// # extern crate amqp_rpc_dialects as dialects;
    /// use amqp_rpc::dialect::Outcome;
    /// use dialects::Tutorial;
    ///
    /// let tutorial = Tutorial::new().error_text(|outcome| match outcome {
    ///     Outcome::Error { text, .. } => Some(format!("error: {}", text.unwrap_or_default())),
    ///     _ => None,
    /// });
    /// # let _ = tutorial;
    /// ```
    #[must_use]
    pub fn error_text<F>(mut self, text: F) -> Self
    where
        F: Fn(&Outcome<'_>) -> Option<String> + Send + Sync + 'static,
    {
        self.error_text = Some(ErrorText::new(text));
        self
    }

    /// A client takes a reply that begins with this text for the method's own error, which is the rest of it. Default: no
    /// reply is one.
    #[must_use]
    pub fn errors_begin_with(mut self, prefix: impl Into<String>) -> Self {
        self.error_prefix = Some(prefix.into());
        self
    }
}

impl Shape {
    fn declare(self, queue: &str) -> Queue {
        match self {
            Self::Transient => Queue::transient(queue, Headers::new()),
            Self::Durable => Queue::durable(queue, Headers::new()),
            Self::Quorum => {
                let mut arguments = Headers::new();
                arguments.insert("x-queue-type", "quorum");
                Queue::durable(queue, arguments)
            }
        }
    }
}
