//! Celery: tasks by a header, bodies of three elements, replies with a status.

mod client;
mod outcome;
mod server;
mod time;

use amqp_rpc_runtime::server::ReplyPolicy;

use crate::names::MethodNames;

/// The header with the name of the task.
const TASK: &str = "task";
/// The header with the id of the task.
const ID: &str = "id";
/// The header with the time after which the task is not run.
const EXPIRES: &str = "expires";

/// The dialect of Celery 5 with the result backend `rpc://` and its default serializer, for both sides.
///
/// A service is called by `delay`, `apply_async` and `send_task`; a client calls the tasks of a worker. The name of a task
/// is that of the method, as `{service}.{method}`, or what [`task`](Self::task) gives. Both sides name the same
/// [`queue`](Self::queue).
///
/// A server declares a durable queue without arguments and a durable direct exchange of the same name, with a binding, as
/// workers and clients do. No worker of Celery may consume the same queue, unless it has the same tasks.
///
/// # What travels
///
/// * Arguments may come by position, by name, or both. A client sends them by name; the one value of a `#[rpc(bare)]` method
///   by position.
/// * A value is the `result` of a reply with status `SUCCESS`, in JSON.
/// * A notification is a task without a reply address. A request with `ignore_result` is answered with nothing.
/// * The id of a task is the idempotency key: `Context::idempotency_key` of a method that serves it, and what a client sends
///   as the id. Without a key that is the correlation id. A task that is sent or retried with the id of another one is a
///   repeat, for `deduplicate`.
/// * The time that is left of a call is its expiration and the header `expires`, which compares the clocks of both programs.
///   What has expired is answered with `REVOKED`, and is `expired` for a client.
///
/// A server refuses with `bad_request` what it would have to leave out: links (`callbacks`, `errbacks`, `chain`, `chord`)
/// and a task with an `eta`. Not in this wire: pickle, YAML, compressed bodies, and events.
///
/// # Errors
///
/// The method's own error is an exception: its kind is the name of the enum's variant, or its member `code` or `type`, of the
/// module that [`errors_in`](Self::errors_in) names, with the `Display` as its argument, and the JSON of the error as a
/// further member `data`. Faults are exceptions of the module `amqp_rpc.Fault` with the fault's code as kind, but for
/// `NotRegistered`, an unknown task, and `TaskRevokedError`, an expired one.
///
/// A client reads `data`, if it is there, as the method's own error; else `CallOptions::map_errors` makes errors of
/// exceptions, by `RemoteError::code`, which is `exc_type`, and `RemoteError::message`, the first argument. A worker says
/// `TypeError` both for arguments that do not fit and for what the task has thrown, so that it is no fault here. Tracebacks
/// are neither sent nor shown on.
///
/// After a fault from an exception of `celery.exceptions` the task may have run: a task that calls another one lets such an
/// exception through. Only a fault of `amqp_rpc.Fault` can say that it has not.
///
/// **A worker acknowledges a task before it runs it**: at most once. After a timeout the task may have run, or may be lost.
#[derive(Clone, Debug)]
pub struct Celery {
    queue: String,
    tasks: MethodNames,
    module: Option<String>,
    replies: ReplyPolicy,
}

impl Default for Celery {
    fn default() -> Self {
        Self::new()
    }
}

impl Celery {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        let mut tasks = MethodNames::default();
        tasks.use_full_names();
        let replies = ReplyPolicy::none().allow_pattern("{uuid}");
        Self { queue: "celery".to_owned(), tasks, module: None, replies }
    }

    /// The queue of the tasks. Default: `celery`, as Celery has it.
    #[must_use]
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = name.into();
        self
    }

    /// The name of the task for one method, which is named with or without its service. Default: `{service}.{method}`.
    #[must_use]
    pub fn task(mut self, method: impl Into<String>, name: impl Into<String>) -> Self {
        self.tasks.give(method.into(), name.into());
        self
    }

    /// The module of Python whose exceptions the methods' own errors are, such as `math.errors`. A caller that can import it
    /// catches its classes; for others Celery makes one of this name. Default: the name of the service.
    #[must_use]
    pub fn errors_in(mut self, module: impl Into<String>) -> Self {
        self.module = Some(module.into());
        self
    }

    /// The reply addresses that a server answers. Default: UUIDs, which all clients of Celery have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }
}
