//! kanin: bodies are bytes of protobuf, and errors are members of them.

mod client;
mod server;

use std::{fmt, sync::Arc};

use amqp_rpc_runtime::{Fault, server::ReplyPolicy};
use bytes::Bytes;

use crate::names::MethodNames;

/// The exchange of requests. Every broker has it.
const EXCHANGE: &str = "amq.direct";
/// The content type of replies.
const RAW: &str = "application/octet-stream";

/// The dialect of kanin 0.32, for both sides.
///
/// Each method has a routing key, and a queue of that name, which the last server deletes. Requests go through
/// `amq.direct`, replies through the default exchange. A body is what your methods make of it, such as a message of
/// protobuf: **a method takes one `Bytes` and is `#[rpc(bare)]`, and its value is `Bytes`**. Other methods are refused by
/// `Server::start`, and by calls, with `Encode`. `Server::start` refuses `deduplicate` methods as well: callers send no
/// idempotency key.
///
/// The routing key of a method is its full name, such as `math.compute`, or that of [`routing_key`](Self::routing_key).
///
/// # Errors and faults
///
/// The wire has no place for them but the body: with protobuf a member of the reply's message. A method that fails returns
/// such a message as its value. [`faults`](Self::faults) makes one of everything else that goes wrong: an unknown method,
/// a request that is too large, an overloaded server, a panic, and an `Err` of the method, whose text is then that of its
/// `Display`. Without it such a request is rejected, and its caller waits until its own time is over.
///
/// A client sees values alone. What a timeout means is open: kanin acknowledges after it has run the method.
///
/// A server that shares a queue with kanin's is given requests in turn with it. RabbitMQ 4.3 takes such queues, which are
/// neither durable nor exclusive, and warns in its log that they are deprecated.
#[derive(Clone)]
pub struct Kanin {
    names: MethodNames,
    replies: ReplyPolicy,
    faults: Option<Arc<FaultBytes>>,
}

type FaultBytes = dyn Fn(&Fault) -> Bytes + Send + Sync;

impl Default for Kanin {
    fn default() -> Self {
        Self::new()
    }
}

impl Kanin {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        let mut names = MethodNames::default();
        names.use_full_names();
        Self { names, replies: ReplyPolicy::default(), faults: None }
    }

    /// The routing key of one method, with or without its service, such as `compute` or `math.compute`.
    #[must_use]
    pub fn routing_key(mut self, method: impl Into<String>, routing_key: impl Into<String>) -> Self {
        self.names.give(method.into(), routing_key.into());
        self
    }

    /// Answers a request that fails with these bytes. Default: it is rejected.
    #[must_use]
    pub fn faults<F>(mut self, bytes: F) -> Self
    where
        F: Fn(&Fault) -> Bytes + Send + Sync + 'static,
    {
        self.faults = Some(Arc::new(bytes));
        self
    }

    /// The reply addresses that a server answers. Default: those of [`ReplyPolicy::default`].
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }
}

impl fmt::Debug for Kanin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kanin").field("names", &self.names).finish_non_exhaustive()
    }
}
