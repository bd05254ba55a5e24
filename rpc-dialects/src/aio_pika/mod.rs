//! aio-pika's patterns with JSON: `JsonRPC`, and `JsonMaster` with its workers.

mod client;
mod errors;
mod server;

use std::{borrow::Cow, time::Duration};

use amqp_rpc_runtime::{
    Headers,
    contract::{MethodDef, MethodKind},
    dialect::{Exchange, ExchangeKind},
    server::ReplyPolicy,
};

/// The exchange by which an expired or rejected request comes back to its caller.
const DEAD_LETTERS: &str = "rpc.dlx";
/// The header of a request by which that exchange finds the caller's queue.
const FROM: &str = "From";

/// The `type` of messages.
const CALL: &str = "call";
const RESULT: &str = "result";
const ERROR: &str = "error";

/// The type of an error that stands for a fault.
const RPC_EXCEPTION: &str = "RPCException";
/// The type of an error that stands for the fault `bad_request`.
const TYPE_ERROR: &str = "TypeError";

/// The dialect of aio-pika's patterns `JsonRPC` and `JsonMaster`, for both sides.
///
/// Calls are those of `JsonRPC`; notifications are the tasks of `JsonMaster`. Each method has a queue of its own, whose name
/// is that of the method, such as `math.compute`; see [`without_service`](Self::without_service). A server declares them:
/// those of calls not durable, with the dead-letter exchange `rpc.dlx`; those of notifications durable and without
/// arguments. `create_worker` needs `durable=True` to share one.
///
/// Arguments are passed by name, as the patterns do; a `bare` method takes its one by the name of its parameter.
///
/// # Errors and faults
///
/// The method's own error travels as `{"error": {"type", "message", "args", "data"}}`: its type is the name of the enum's
/// variant, or its member `code` or `type`; its message is the `Display`, and `data` its JSON. A client reads `data`, if it
/// is there, as the method's own error; else `CallOptions::map_errors` makes errors of exceptions, by `RemoteError::code`,
/// which is the exception's class.
///
/// Faults are errors of the type `TypeError` (`bad_request`) and `RPCException` (others), whose member `code` has the
/// fault's code. A request that has expired, or that a server has no time for (`overloaded`, `shutting_down`), is
/// rejected: by `rpc.dlx` it comes back to the caller at once, where aio-pika raises `TimeoutError`. So is one whose
/// content is pickled or compressed, which is never read.
///
/// A client whose own request comes back has the fault `expired`, `overloaded` if the queue was full, or `internal` if a
/// server rejected it: aio-pika does so when it has run the method, and cannot send the reply. After each of them the method
/// may have run, also after `expired`: a server that was lost may have begun it. So it may after a timeout, and after
/// `bad_request` from what Python says of arguments, which may be those of a call within the method. A method that nobody
/// has registered is `Unroutable`.
///
/// A worker acknowledges a task that succeeded, and rejects others: without a policy of the broker they are gone.
/// **aio-pika's own workers requeue them by default, at once and without end**, unless they have `requeue=False`. The
/// expiration of the task ends that: see [`expire_notifications`](Self::expire_notifications).
///
/// aio-pika gives each message a `message_id` of its own. A `deduplicate` method takes that for the idempotency key: it knows
/// a message again that the broker delivers again, but not a call that a program of aio-pika repeats. Clients of this library
/// send their key as `message_id`.
///
/// Not in this wire: positional arguments and events; the pickling patterns `RPC` and `Master`, which run what a message
/// tells them to.
#[derive(Clone, Debug)]
pub struct AioPika {
    exchange: Option<Cow<'static, str>>,
    with_service: bool,
    durable: bool,
    auto_delete: bool,
    notifications_expire: Option<Duration>,
    replies: ReplyPolicy,
}

impl Default for AioPika {
    fn default() -> Self {
        Self::new()
    }
}

impl AioPika {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        let replies = ReplyPolicy::none().allow_prefix("amq.gen-").allow_pattern("amq_{uuid}");
        Self {
            exchange: None,
            with_service: true,
            durable: false,
            auto_delete: false,
            notifications_expire: None,
            replies,
        }
    }

    /// Calls go through this exchange, as with `JsonRPC.create(channel, exchange=name)`: direct, not durable, deleted with
    /// its last binding. A method's queue and routing key are then `{exchange}::{method}`. Notifications never do.
    /// Default: the default exchange.
    #[must_use]
    pub fn exchange(mut self, name: impl Into<String>) -> Self {
        self.exchange = Some(Cow::Owned(name.into()));
        self
    }

    /// Names methods without their service: `compute`, as `rpc.register("compute", compute)` does. Default:
    /// `math.compute`.
    #[must_use]
    pub fn without_service(mut self) -> Self {
        self.with_service = false;
        self
    }

    /// The queues of calls survive a restart of the broker, as with `rpc.register(.., durable=True)`.
    #[must_use]
    pub fn durable_queues(mut self) -> Self {
        self.durable = true;
        self
    }

    /// The queues of calls are deleted with their last consumer, as with `rpc.register(.., auto_delete=True)`.
    #[must_use]
    pub fn auto_delete_queues(mut self) -> Self {
        self.auto_delete = true;
        self
    }

    /// How long a client's notifications live, in the queue and while a failing worker has them redelivered. Default:
    /// without end, so that none is lost while nobody consumes the queue.
    #[must_use]
    pub fn expire_notifications(mut self, after: Duration) -> Self {
        self.notifications_expire = Some(after);
        self
    }

    /// The reply addresses that a server answers: names of queues. Default: `amq.gen-…`, which the broker gives to those of
    /// `connect`, and `amq_` with a UUID, which those of `connect_robust` and of this dialect's clients have. No direct
    /// reply-to: a rejected request could not come back to it.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }

    /// The queue and routing key of a method with this full name.
    fn queue_of(&self, kind: MethodKind, name: &str) -> String {
        let own = name.rsplit_once('.').map_or(name, |(_, own)| own);
        let name = if self.with_service { name } else { own };
        match &self.exchange {
            Some(exchange) if kind == MethodKind::Call => format!("{exchange}::{name}"),
            _ => name.to_owned(),
        }
    }

    /// The exchange of calls, if it is a named one.
    fn call_exchange(&self) -> Option<Exchange> {
        let name = self.exchange.as_deref()?;
        Some(Exchange::transient(name, ExchangeKind::Direct).auto_delete())
    }

    /// Whether requests of the method go through the named exchange.
    fn exchange_of(&self, method: &MethodDef) -> Cow<'static, str> {
        match &self.exchange {
            Some(exchange) if method.kind == MethodKind::Call => exchange.clone(),
            _ => Cow::Borrowed(""),
        }
    }
}

/// The exchange of dead letters.
fn dead_letters() -> Exchange {
    Exchange::transient(DEAD_LETTERS, ExchangeKind::Headers).auto_delete()
}

/// The arguments by which it finds a caller's queue.
fn from(queue: &str) -> Headers {
    let mut arguments = Headers::new();
    arguments.insert(FROM, queue);
    arguments.insert("x-match", "any");
    arguments
}
