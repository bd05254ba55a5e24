//! The options of one service: what a server decides in place of the contract.

use super::queue_options::QueueOptions;

/// The options of one service of a server, where they differ from its contract's or from those of the other
/// services: the queues of its requests, and the methods that block their thread.
///
/// Methods are named as on the wire, such as `fib.compute`. A name that the service does not have is refused
/// by [`Server::start`](crate::Server::start) with the list of those that exist.
///
/// ```
/// # mod contract {
/// #     use amqp_rpc_runtime::{contract::*, middleware::IncomingCall};
/// #     pub trait Fib {}
/// #     pub struct FibServer;
/// #     impl FibServer { pub fn new<S: Fib>(_: S) -> Self { Self } }
/// #     impl Service for FibServer {
/// #         const DEFINITION: &'static ServiceDef =
/// #             &ServiceDef::new("fib", &[&MethodDef::new("fib", "fib.compute")]);
/// #         fn dispatch(&self, _: IncomingCall) -> ServeFuture { unimplemented!() }
/// #     }
/// # }
/// # use contract::*;
/// # struct Fibonacci;
/// # impl Fib for Fibonacci {}
/// use amqp_rpc_runtime::{Server, server::{QueueOptions, ServiceOptions}};
///
/// let options = ServiceOptions::new()
///     .queue_of("fib.compute", "fib.slow")
///     .queue_options(QueueOptions::new().max_length(1_000))
///     .blocking(["fib.compute"]);
/// let server = Server::new().service_with(FibServer::new(Fibonacci), options);
/// # let _ = server;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are passed to a server"]
pub struct ServiceOptions {
    pub(crate) queue_options: Option<QueueOptions>,
    /// The queue of all methods that `queues` does not name.
    pub(crate) queue: Option<String>,
    /// Methods and their queues. Of two entries for one method the later counts.
    pub(crate) queues: Vec<(String, String)>,
    pub(crate) blocking: Vec<String>,
}

impl ServiceOptions {
    /// The options that the contract and the server have.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the options of the service's queues. Default: the server's,
    /// [`Server::queue_options`](crate::Server::queue_options).
    pub fn queue_options(mut self, options: QueueOptions) -> Self {
        self.queue_options = Some(options);
        self
    }

    /// Receives the requests of the service from the queue `name`, in place of every queue that its contract
    /// names; a [namespace](crate::Server::namespace) prefixes it like those. Default: the contract's queues,
    /// which are named as the service where it says nothing.
    ///
    /// Clients need not know of it: they publish to an exchange, which has a binding to the queue. A method on
    /// the default exchange has none, its clients publish to the queue itself, so another queue is refused at
    /// start.
    ///
    /// **All servers of the service must name the same queue**, and **the queue that it had before must be
    /// deleted**: its bindings stay until then, and the exchange puts each request into all queues that are
    /// bound. It would run once for each queue that is consumed.
    ///
    /// What a client finds out about a queue is about the one of its contract: whether it has consumers
    /// ([`Call::fail_fast`](crate::Call::fail_fast), the
    /// [`queue_state`](crate::error::TimedOut::queue_state) of a timeout), which calls a
    /// [`CircuitBreaker`](crate::layers::CircuitBreaker) counts together, and on LavinMQ whether it is full.
    /// While that queue does not exist, `fail_fast` refuses nothing. While it exists and nobody consumes it, as after
    /// such a change, **`fail_fast` refuses every call although a server serves it**: delete it first. Where this matters, name the queue in the
    /// contract (`#[rpc(queue = "..")]`).
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = Some(name.into());
        self
    }

    /// Receives the requests of one method from the queue `name`, such as a queue for those that take long:
    /// each queue has its own [`concurrency`](crate::Server::concurrency). For the rest as
    /// [`queue`](Self::queue), over which it wins. Of several for one method the last counts.
    pub fn queue_of(mut self, method: impl Into<String>, name: impl Into<String>) -> Self {
        self.queues.push((method.into(), name.into()));
        self
    }

    /// Runs these methods on threads that they may block, for implementations that compute or wait without
    /// `.await`. Default: the methods that the contract declares `#[rpc(blocking)]`. It adds to earlier calls.
    ///
    /// The whole `async fn` runs on one thread of tokio's pool for blocking work, among the at most 256
    /// `blocking` methods that a program runs at a time; others wait, within their deadlines. It inherits deadline
    /// and trace as elsewhere, and the current `tracing` span; task-locals that a layer has set do not reach it.
    /// Cancelled (by a shutdown, a lost connection or a time limit), it ends where it
    /// next waits at an `.await`, and until then keeps its thread, while the server starts another call in its
    /// place. On a current-thread runtime timers and sockets go on only while that runtime runs.
    pub fn blocking<N: Into<String>>(mut self, methods: impl IntoIterator<Item = N>) -> Self {
        self.blocking.extend(methods.into_iter().map(Into::into));
        self
    }
}

impl From<QueueOptions> for ServiceOptions {
    fn from(options: QueueOptions) -> Self {
        Self::new().queue_options(options)
    }
}
