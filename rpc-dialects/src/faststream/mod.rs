//! `FastStream` 0.7 and `RustStream`: a queue for each method, values whose type is in the content type, silence for errors.

mod client;
mod server;

use amqp_rpc_runtime::{Headers, server::ReplyPolicy};

use crate::names::MethodNames;

/// The dialect of `FastStream` 0.7 and of `RustStream` 0.7, for both sides.
///
/// A service is called by `broker.request` and `broker.publish`; a client calls what `@broker.subscriber` serves. Each method
/// has a queue, and requests come through the default exchange:
///
/// | `FastStream` | here | default |
/// |---|---|---|
/// | `queue` | [`queue`](Self::queue) | the full name of the method, such as `math.compute` |
/// | `RabbitQueue(.., arguments=..)` | [`queue_arguments`](Self::queue_arguments) | `x-queue-type: classic`, as there |
///
/// # What travels
///
/// | a method of | takes and returns | as |
/// |---|---|---|
/// | `(a: int, b: int)`, or of one model | an object with the parameters | JSON |
/// | one plain parameter | that value: `#[rpc(bare)]` | JSON; from a peer also `text/plain`, for a `str` |
/// | `-> str` | `String` | `text/plain`; from a server here JSON, which the peer decodes by the content type |
/// | `-> None` | `()`, `Option` | an empty body; from a server here the JSON `null` |
/// | `-> bytes` | `Bytes` | the body, without a content type |
/// | any other value | that value | JSON |
///
/// An empty text is `None` for a method that returns `Option<String>`. From a peer it is `""`, and an empty body of any other
/// type `None`, for a method with one plain parameter.
///
/// # Errors
///
/// This wire has none: a request that fails, by the method's own error or by a fault, is rejected without being requeued and
/// not answered. So after a timeout the method may have run, may have failed, or there is no such method. A client knows that
/// it did not run where the queue is missing: the call fails with `Unroutable`. A method that can fail should return what
/// went wrong as its value.
///
/// `RustStream` states no content types: its replies are read as JSON, or as raw bytes.
///
/// The idempotency key of a `deduplicate` method is the message id. `FastStream` makes a new one for each request, so that
/// only one that is delivered again is a repeat; `RustStream` sends none, and its requests are refused.
///
/// Not in this wire: the library's events, and codecs other than JSON and raw bytes.
#[derive(Clone, Debug)]
pub struct FastStream {
    names: MethodNames,
    arguments: Headers,
    replies: ReplyPolicy,
}

impl Default for FastStream {
    fn default() -> Self {
        Self::new()
    }
}

impl FastStream {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        let mut names = MethodNames::default();
        names.use_full_names();
        let arguments = [("x-queue-type", "classic")].into_iter().collect();
        Self { names, arguments, replies: ReplyPolicy::default() }
    }

    /// The queue of one method, which is named with or without its service. Default: its full name.
    #[must_use]
    pub fn queue(mut self, method: impl Into<String>, queue: impl Into<String>) -> Self {
        self.names.give(method.into(), queue.into());
        self
    }

    /// The arguments that a server declares its queues with. A peer that consumes the same queue must have the same ones: the
    /// broker refuses others. Default: `x-queue-type: classic`, as `FastStream` has it.
    #[must_use]
    pub fn queue_arguments(mut self, arguments: Headers) -> Self {
        self.arguments = arguments;
        self
    }

    /// The reply addresses that a server answers. Default: those of
    /// [`ReplyPolicy::default`](amqp_rpc_runtime::server::ReplyPolicy), among them direct reply-to, which all clients of both
    /// frameworks have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }
}
