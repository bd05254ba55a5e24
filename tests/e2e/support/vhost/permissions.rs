//! The permissions of a user, and those that docs/topology.md and SECURITY.md recommend.
//!
//! `tests/docs.rs` reads this file as well, to compare the tables with it: it imports nothing.

/// Permissions of a user: regular expressions over names of queues and exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions<'a> {
    pub(crate) configure: &'a str,
    pub(crate) write: &'a str,
    pub(crate) read: &'a str,
}

impl Permissions<'_> {
    pub(crate) const ALL: Self = Self { configure: ".*", write: ".*", read: ".*" };
    pub(crate) const NONE: Self = Self { configure: "^$", write: "^$", read: "^$" };
}

/// The recommended permissions, for the services `fib` and `prices`. Each holds on every broker:
///
/// * the default exchange is `amq.default` to RabbitMQ and has the empty name on LavinMQ;
/// * LavinMQ lets only those consume direct replies who may read `amq.rabbitmq.reply-to`;
/// * a server that declares a queue with dead letters needs read on the connection's name there,
///   `127.0.0.1:5 -> 127.0.0.1:5672`, which `->` matches and no usual name of a queue or exchange.
pub(crate) mod recipes {
    use super::Permissions;

    const fn recipe<'a>(configure: &'a str, write: &'a str, read: &'a str) -> Permissions<'a> {
        Permissions { configure, write, read }
    }

    /// A client with its own reply queue, the default.
    pub(crate) const CALLER_WITH_REPLY_QUEUE: Permissions<'_> =
        recipe(r"^amqp-rpc\.reply\.", "^amqp-rpc$", r"^amqp-rpc\.reply\.");
    /// A short-lived client, or one that may only call: direct reply-to.
    pub(crate) const CALLER: Permissions<'_> = recipe("^$", "^amqp-rpc$", r"^amq\.rabbitmq\.reply-to$");
    /// The same, and it may look up the queue on RabbitMQ since 4.3: calls fail fast, timeouts say why.
    pub(crate) const CALLER_THAT_LOOKS_UP: Permissions<'_> =
        recipe("^$", "^(amqp-rpc|fib)$", r"^amq\.rabbitmq\.reply-to$");

    /// A server that declares its queue, exchanges and dead-letter queue.
    pub(crate) const DECLARING_SERVER: Permissions<'_> = recipe(
        r"^(amqp-rpc|fib)(\.dead)?$",
        r"^(amq\.default|amqp-rpc\.dead|fib(\.dead)?)?$",
        r"^(amqp-rpc(\.dead)?|fib)$|->",
    );
    /// The same, and other programs may ask what it serves.
    pub(crate) const LISTED_SERVER: Permissions<'_> = recipe(
        r"^((amqp-rpc|fib)(\.dead)?|amqp-rpc\.reflection\..*)$",
        r"^(amq\.default|amqp-rpc\.dead|fib(\.dead)?|amqp-rpc\.reflection\..*)?$",
        r"^(amqp-rpc(\.dead|\.reflection\..*)?|fib)$|->",
    );
    /// The first of them with a bounded queue.
    pub(crate) const SERVER_WITH_MAX_LENGTH: Permissions<'_> = recipe(
        r"^(amqp-rpc(\.dead)?|fib(\.dead|\.overflow)?)$",
        r"^(amq\.default|amqp-rpc\.dead|fib(\.dead|\.overflow)?)?$",
        r"^(amqp-rpc(\.dead)?|fib(\.overflow)?)$|->",
    );
    /// A server of the service `vms`, whose methods are locked in a cluster.
    pub(crate) const SERVER_WITH_CLUSTER_LOCKS: Permissions<'_> = recipe(
        r"^(amqp-rpc(\.dead)?|vms(\.dead|\.lock\..*)?)$",
        r"^(amq\.default|amqp-rpc\.dead|vms(\.dead|\.lock\..*)?)?$",
        r"^(amqp-rpc(\.dead)?|vms(\.lock\..*)?)$|->",
    );
    /// A server whose queue is declared by a deployment: `Declare::Passive`.
    pub(crate) const SERVER: Permissions<'_> = recipe("^$", r"^(amq\.default)?$", "^fib$");

    /// A server that subscribes as the group `g`.
    pub(crate) const GROUP: Permissions<'_> = recipe(
        r"^(amqp-rpc\.events|amqp-rpc\.dead|prices\.events\.g(\.dead)?)$",
        r"^(amq\.default|amqp-rpc\.dead|prices\.events\.g(\.dead)?)?$",
        r"^(amqp-rpc\.events|amqp-rpc\.dead|prices\.events\.g)$|->",
    );
    /// A server that listens.
    pub(crate) const LISTENER: Permissions<'_> =
        recipe(r"^amqp-rpc\.events", r"^amqp-rpc\.events\.", r"^amqp-rpc\.events");
    /// A client with direct reply-to that publishes events.
    pub(crate) const PUBLISHER: Permissions<'_> =
        recipe(r"^amqp-rpc\.events$", r"^amqp-rpc\.events$", r"^amq\.rabbitmq\.reply-to$");
    /// The same, where the exchange exists.
    pub(crate) const PUBLISHER_TO_WHAT_EXISTS: Permissions<'_> =
        recipe("^$", r"^amqp-rpc\.events$", r"^amq\.rabbitmq\.reply-to$");

    /// All of them.
    pub(crate) const ALL: [Permissions<'_>; 12] = [
        CALLER_WITH_REPLY_QUEUE,
        CALLER,
        CALLER_THAT_LOOKS_UP,
        DECLARING_SERVER,
        LISTED_SERVER,
        SERVER_WITH_MAX_LENGTH,
        SERVER_WITH_CLUSTER_LOCKS,
        SERVER,
        GROUP,
        LISTENER,
        PUBLISHER,
        PUBLISHER_TO_WHAT_EXISTS,
    ];
}
