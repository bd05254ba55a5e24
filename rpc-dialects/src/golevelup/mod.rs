//! `@golevelup/nestjs-rabbitmq` 9: bare JSON through an exchange, and no replies with errors.

mod client;
mod errors;
mod server;

use std::time::Duration;

use amqp_rpc_runtime::{dialect::ExchangeKind, server::ReplyPolicy};

use crate::names::MethodNames;

/// The dialect of `@golevelup/nestjs-rabbitmq` 9, for both sides.
///
/// A service is called by `AmqpConnection.request` and `publish`; a client calls what `@RabbitRPC` serves, and its
/// notifications reach `@RabbitSubscribe`. Both sides name the same exchange and the same routing keys:
///
/// | golevelup | here | default |
/// |---|---|---|
/// | `exchange` | [`exchange`](Self::exchange) | the name of the service |
/// | `type: 'topic'` of the exchange | [`topic_exchange`](Self::topic_exchange) | `type: 'direct'` |
/// | `routingKey` | [`routing_key`](Self::routing_key), [`full_names`](Self::full_names) | the name of the method, without the service |
/// | `queue` | [`queue`](Self::queue) | `golevelup.` and the name of the service |
///
/// A server has one queue for all methods of the service, durable and without arguments. The exchange must be of the type
/// that the peers declare: the broker closes the channel of who declares another one.
///
/// # What travels
///
/// * A request is an object with the parameters, or with `#[rpc(bare)]` the one value; an empty body stands for no parameters.
/// * A value is bare JSON. `()` and `None` are an empty body, and `undefined` for the peer. A value of raw bytes is the body.
///   JavaScript rounds integers above 2^53.
/// * The header `X-Request-ID` of a request is repeated in its reply, and no other header is: a client that sent it drops
///   replies without it.
///
/// # Errors
///
/// This wire has none. A request that fails, by the method's own error or by a fault, is rejected and not answered, so that
/// its caller waits until its timeout. With [`errors_in`](Self::errors_in) failures are replies.
///
/// **A golevelup server that fails has the request redelivered at once, without end.** The expiration of the request ends
/// that, so that a client refuses calls without a timeout; see [`expire_notifications`](Self::expire_notifications) for
/// notifications. So after a timeout a method may have run, and more than once.
///
/// A request that no queue is bound for fails at once with `Unroutable`. Not in this wire: the library's events, bodies
/// other than JSON, and methods declared `deduplicate`, since peers send no idempotency keys.
#[derive(Clone, Debug)]
pub struct Golevelup {
    exchange: Option<String>,
    kind: ExchangeKind,
    queue: Option<String>,
    names: MethodNames,
    errors_in: Option<String>,
    notifications_expire: Option<Duration>,
    replies: ReplyPolicy,
}

impl Default for Golevelup {
    fn default() -> Self {
        Self::new()
    }
}

impl Golevelup {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            exchange: None,
            kind: ExchangeKind::Direct,
            queue: None,
            names: MethodNames::default(),
            errors_in: None,
            notifications_expire: None,
            replies: ReplyPolicy::default(),
        }
    }

    /// The exchange of requests. Default: the name of the service.
    #[must_use]
    pub fn exchange(mut self, name: impl Into<String>) -> Self {
        self.exchange = Some(name.into());
        self
    }

    /// The exchange is of type `topic`, which golevelup declares where no type is given. Default: `direct`.
    #[must_use]
    pub fn topic_exchange(mut self) -> Self {
        self.kind = ExchangeKind::Topic;
        self
    }

    /// The queue that a server consumes. Peers need not know it. Default: `golevelup.` and the name of the service.
    #[must_use]
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = Some(name.into());
        self
    }

    /// Has the full names of methods as routing keys, such as `math.compute`. Default: names without the service.
    #[must_use]
    pub fn full_names(mut self) -> Self {
        self.names.use_full_names();
        self
    }

    /// The routing key of one method, which is named with or without its service.
    #[must_use]
    pub fn routing_key(mut self, method: impl Into<String>, routing_key: impl Into<String>) -> Self {
        self.names.give(method.into(), routing_key.into());
        self
    }

    /// Answers requests that fail: with an object that has this one member. It is the JSON of the method's own error, or
    /// for a fault `{"fault": .., "message": ..}` with this library's code. A client takes replies that are objects with
    /// this member, if it is not null, for errors. Of a fault it does not know whether the method has run: the method may
    /// have passed on the reply of a call of its own. So its execution is `Unknown` also where its code says `Never`.
    ///
    /// golevelup itself knows no such replies: the program that calls must look for the member, and its `request` resolves
    /// with the object. Default: none, and no reply.
    #[must_use]
    pub fn errors_in(mut self, member: impl Into<String>) -> Self {
        self.errors_in = Some(member.into());
        self
    }

    /// How long a client's notifications live, in the queue and while a failing golevelup server has them redelivered.
    /// Default: without end, so that none is lost while nobody consumes the queue.
    #[must_use]
    pub fn expire_notifications(mut self, after: Duration) -> Self {
        self.notifications_expire = Some(after);
        self
    }

    /// The reply addresses that a server answers. Default: those of
    /// [`ReplyPolicy::default`](amqp_rpc_runtime::server::ReplyPolicy), among them direct reply-to, which all clients of
    /// golevelup have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }

    /// The exchange of a service.
    fn exchange_of<'a>(&'a self, service: &'a str) -> &'a str {
        self.exchange.as_deref().unwrap_or(service)
    }

    /// The queue of a service.
    fn queue_of(&self, service: &str) -> String {
        self.queue.clone().unwrap_or_else(|| format!("golevelup.{service}"))
    }
}
