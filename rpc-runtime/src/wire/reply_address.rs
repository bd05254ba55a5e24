//! The addresses that callers wait for replies at.

/// The prefix of the reply queues of this library's clients.
pub(crate) const REPLY_QUEUE_PREFIX: &str = "amqp-rpc.reply.";

/// The prefix of the reply queues of clients that read several replies in one message.
pub(crate) const COALESCED_REPLY_QUEUE_PREFIX: &str = "amqp-rpc.reply.coalesced.";

/// The prefixes of the reply addresses of RPC clients: reply queues of this library, queues named by the
/// broker, and direct reply-to of `RabbitMQ` and of LavinMQ.
pub(crate) const CALLER_REPLY_PREFIXES: [&str; 4] =
    [REPLY_QUEUE_PREFIX, "amq.gen-", DIRECT_REPLY_PREFIXES[0], DIRECT_REPLY_PREFIXES[1]];

/// The patterns of reply queues that widespread clients name themselves: aio-pika's `connect_robust` as
/// `amq_` and a UUID, kombu (Celery, nameko) as a UUID.
pub(crate) const CALLER_REPLY_PATTERNS: [&str; 2] = ["amq_{uuid}", "{uuid}"];

const DIRECT_REPLY_PREFIXES: [&str; 2] = ["amq.rabbitmq.reply-to.", "amq.direct.reply-to."];

/// Returns whether several replies to an address may share a message.
pub(crate) fn takes_coalesced(reply_to: &str) -> bool {
    reply_to.starts_with(COALESCED_REPLY_QUEUE_PREFIX)
}

/// Returns whether a reply address is one of direct reply-to, and not a queue.
pub(crate) fn is_direct(reply_to: &str) -> bool {
    DIRECT_REPLY_PREFIXES.iter().any(|prefix| reply_to.starts_with(prefix))
}
