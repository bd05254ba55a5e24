//! Queues for messages that leave another queue: dead letters and overflow.

use amqp_rpc_transport::{Binding, HeaderValue, Queue, Topology};

use super::names::{dead_letters_of, overflow_of};
use crate::server::config::QueueOptions;

/// The arguments of a queue that say where its dead letters go.
pub(super) const DEAD_LETTER_EXCHANGE: &str = "x-dead-letter-exchange";
pub(super) const DEAD_LETTER_KEY: &str = "x-dead-letter-routing-key";

/// Without `-with-x` headers that begin with `x-` do not take part in the match.
pub(super) const ALL_WITH_X: &str = "all-with-x";

/// The argument of a binding for the messages that left this queue first.
pub(super) const FIRST_DEATH_QUEUE: &str = "x-first-death-queue";

/// Dead letters are kept for people to look at: the oldest are dropped first.
const DEAD_LETTERS_KEPT: i64 = 10_000;
/// One week in milliseconds.
const DEAD_LETTER_AGE: i64 = 7 * 24 * 60 * 60 * 1000;

/// A running server answers the requests of an overflow at once. Older ones are of no use to their callers.
const OVERFLOW_KEPT: i64 = 10_000;
/// One minute in milliseconds: as long as most callers wait.
const OVERFLOW_AGE: i64 = 60 * 1000;

/// A queue for messages that leave another queue for one of these reasons.
///
/// Expired requests have no such queue and vanish: their callers have timed out, and without their TTL they
/// would stay for ever.
struct SideQueue {
    name: String,
    queue_type: &'static str,
    max_length: i64,
    /// In milliseconds.
    message_ttl: i64,
    reasons: &'static [&'static str],
}

/// Adds the queue of dead letters of `queue`, for messages that leave it for one of these reasons.
pub(super) fn add_dead_letters(
    topology: &mut Topology,
    queue: &str,
    options: &QueueOptions,
    reasons: &'static [&'static str],
    dead_exchange: &str,
) {
    let dead_letters = SideQueue {
        name: dead_letters_of(queue),
        queue_type: options.dead_letter_queue_type(),
        max_length: DEAD_LETTERS_KEPT,
        message_ttl: DEAD_LETTER_AGE,
        reasons,
    };
    dead_letters.add_to(topology, queue, dead_exchange);
}

/// The reasons for which messages of a queue of requests become dead letters.
pub(super) const REASONS: &[&str] = &["rejected", "delivery_limit"];

/// Binds the queue of dead letters of `of` for messages that leave `queue`, one of its partitions.
pub(super) fn bind_dead_letters(topology: &mut Topology, queue: &str, of: &str, dead_exchange: &str) {
    topology.bindings.extend(bindings(&dead_letters_of(of), queue, REASONS, dead_exchange));
}

fn bindings(
    name: &str,
    queue: &str,
    reasons: &'static [&'static str],
    dead_exchange: &str,
) -> impl Iterator<Item = Binding> {
    reasons.iter().map(move |&reason| {
        let arguments =
            [("x-match", ALL_WITH_X), (FIRST_DEATH_QUEUE, queue), ("x-first-death-reason", reason)];
        Binding {
            queue: name.to_owned(),
            exchange: dead_exchange.to_owned(),
            routing_key: String::new(),
            arguments: arguments.into_iter().collect(),
        }
    })
}

/// Returns whether dead letters with this key go to the overflow of `queue`.
pub(super) fn is_overflow_key(key: &str, queue: &str) -> bool {
    key == overflow_of(queue)
}

/// Adds the queue for requests that `queue` has no room for. They come by its name; the binding is for queues
/// that version 0.1.0 declared.
pub(super) fn add_overflow(topology: &mut Topology, queue: &str, dead_exchange: &str) {
    let overflow = SideQueue {
        name: overflow_of(queue),
        queue_type: "classic",
        max_length: OVERFLOW_KEPT,
        message_ttl: OVERFLOW_AGE,
        reasons: &["maxlen"],
    };
    overflow.add_to(topology, queue, dead_exchange);
}

impl SideQueue {
    fn add_to(self, topology: &mut Topology, queue: &str, dead_exchange: &str) {
        let Self { name, queue_type, max_length, message_ttl, reasons } = self;
        topology.bindings.extend(bindings(&name, queue, reasons, dead_exchange));
        let arguments: [(&str, HeaderValue); 3] = [
            ("x-queue-type", queue_type.into()),
            ("x-max-length", max_length.into()),
            ("x-message-ttl", message_ttl.into()),
        ];
        let arguments = arguments.into_iter().collect();
        topology.queues.push(Queue::durable(name, arguments));
    }
}
