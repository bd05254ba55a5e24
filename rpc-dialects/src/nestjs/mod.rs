//! The RMQ transport of `NestJS` microservices 11 and 12: packets with a pattern, through a queue.

mod client;
mod errors;
mod pattern;
mod server;

use amqp_rpc_runtime::server::ReplyPolicy;

use self::pattern::Pattern;
use crate::names::MethodNames;

/// The dialect of the RMQ transport of `NestJS` microservices 11 and 12, for both sides.
///
/// A service is called by `ClientProxy.send` and `emit`; a client calls what `@MessagePattern` serves, and its notifications
/// reach `@EventPattern`. Both sides need the same options, which are those of the transport:
///
/// | `NestJS` | here | default |
/// |---|---|---|
/// | `queue` | [`queue`](Self::queue) | the name of the service |
/// | `queueOptions: { durable: false }` | [`transient_queue`](Self::transient_queue) | a durable queue |
/// | `@MessagePattern('compute')` | the name of the method, without the service | |
/// | `@MessagePattern({ cmd: 'compute' })` | [`patterns_in("cmd")`](Self::patterns_in) | |
/// | any other pattern | [`pattern`](Self::pattern), [`full_names`](Self::full_names) | |
/// | `wildcards: true`, `exchange` | [`wildcards`](Self::wildcards), [`wildcards_in`](Self::wildcards_in) | no exchange |
///
/// The queue has no arguments. It must be declared as the peers declare theirs: a `NestJS` client ends its process
/// when the broker refuses its declaration.
///
/// # What travels
///
/// * `data` is an object with the parameters, or with `#[rpc(bare)]` the one value. `''` and `null` stand for no parameters.
/// * A value is the `response`. `()` and `None` are both `null`, so that `lastValueFrom` has a value. JavaScript rounds
///   integers above 2^53.
/// * The method's own error is `err`, as its JSON: what an `RpcException` with that object is. In the other direction it is
///   decoded as the method's error; for others there is `CallOptions::map_errors`.
/// * A fault is the `err` `{"status": "error", "message": .., "code": ..}`, and beside it the reply has the header `fault`,
///   with this library's code. An unknown pattern is answered as `NestJS` does. A client takes the header, that answer and
///   `Internal server error` for faults. An `err` with a code alone is the method's own error: the method may have passed on
///   what a call of its own failed with.
/// * A packet without `id` is an event: the method runs, nothing is answered, and if it fails the message is rejected. One with
///   an `id` is a call, also of a notification.
/// * Of a stream (an `Observable` with several values) a client takes the first value; the others are late replies.
///
/// # What a timeout means
///
/// A `NestJS` server acknowledges before it runs (`noAck: true` is its default), so that a request may be lost with it, and
/// a call that ended with a timeout may have run. Requests carry their expiration: one that still waits then does not run. A
/// `NestJS` client has no expiration: its requests wait for a server however long that takes, and run then.
///
/// Not in this wire: the library's events, wildcards in the patterns of methods, bodies other than JSON, and methods declared
/// `deduplicate`, since peers send no idempotency keys.
#[derive(Clone, Debug)]
pub struct NestJs {
    queue: Option<String>,
    is_durable: bool,
    names: MethodNames,
    member: Option<String>,
    wildcards: Wildcards,
    replies: ReplyPolicy,
}

/// The exchange of requests.
#[derive(Clone, Debug)]
enum Wildcards {
    /// Requests go to the queue.
    None,
    /// It has the name of the queue.
    OfQueue,
    Named(String),
}

impl Default for NestJs {
    fn default() -> Self {
        Self::new()
    }
}

impl NestJs {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: None,
            is_durable: true,
            names: MethodNames::default(),
            member: None,
            wildcards: Wildcards::None,
            replies: ReplyPolicy::default(),
        }
    }

    /// The queue of requests: the option `queue` of the peers. Default: the name of the service.
    #[must_use]
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = Some(name.into());
        self
    }

    /// Declares the queue as not durable: `queueOptions: { durable: false }`. Such a queue is lost, with its
    /// requests, when the broker restarts. Default: durable.
    #[must_use]
    pub fn transient_queue(mut self) -> Self {
        self.is_durable = false;
        self
    }

    /// Has the full names of methods as patterns, such as `math.compute`. Default: names without the service.
    #[must_use]
    pub fn full_names(mut self) -> Self {
        self.names.use_full_names();
        self
    }

    /// Puts the names of methods into an object with this one member: `patterns_in("cmd")` for `{ cmd: 'compute' }`.
    /// Default: the pattern is the name.
    #[must_use]
    pub fn patterns_in(mut self, member: impl Into<String>) -> Self {
        self.member = Some(member.into());
        self
    }

    /// The pattern of one method, which is named with or without its service: a text, or the JSON of an object such as
    /// `{"role": "math", "cmd": "compute"}`, whose keys have no order. A server refuses one of more than 1024 bytes.
    #[must_use]
    pub fn pattern(mut self, method: impl Into<String>, pattern: impl Into<String>) -> Self {
        self.names.give(method.into(), pattern.into());
        self
    }

    /// Sends requests through a topic exchange that has the name of the queue, and binds the queue by the pattern
    /// of each method: the option `wildcards: true`. Default: requests go to the queue.
    ///
    /// The routing key of an object is its JSON, with the keys in order. Both sides refuse what `NestJS` may write in another
    /// way: several keys that are not all lowercase ASCII letters and digits, arrays, fractions, texts with quotes, backslashes
    /// or control characters, and what is deeper than five.
    #[must_use]
    pub fn wildcards(mut self) -> Self {
        self.wildcards = Wildcards::OfQueue;
        self
    }

    /// As [`wildcards`](Self::wildcards), with an exchange of this name: the option `exchange`.
    #[must_use]
    pub fn wildcards_in(mut self, exchange: impl Into<String>) -> Self {
        self.wildcards = Wildcards::Named(exchange.into());
        self
    }

    /// The reply addresses that a server answers. Default: those of
    /// [`ReplyPolicy::default`](amqp_rpc_runtime::server::ReplyPolicy), among them direct reply-to, which all clients of
    /// `NestJS` have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }

    /// The queue of a service.
    fn queue_of<'a>(&'a self, service: &'a str) -> &'a str {
        self.queue.as_deref().unwrap_or(service)
    }

    /// The exchange of requests to this queue; `None` for the default exchange.
    fn exchange_of<'a>(&'a self, queue: &'a str) -> Option<&'a str> {
        match &self.wildcards {
            Wildcards::None => None,
            Wildcards::OfQueue => Some(queue),
            Wildcards::Named(name) => Some(name),
        }
    }

    /// The pattern of the method of this full name.
    fn pattern_of(&self, full_name: &str) -> Pattern {
        match (self.names.given_to(full_name), &self.member) {
            (None, Some(member)) => Pattern::of_member(member, self.names.of(full_name)),
            _ => Pattern::of_text(self.names.of(full_name)),
        }
    }
}
