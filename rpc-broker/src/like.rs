//! The brokers that this one can behave like, and every rule in which it then differs.
//!
//! One method for each rule, with its source. "Measured" means observed on RabbitMQ 4.3.6 and LavinMQ 2.9.1.
//! No other file compares them.

use std::time::Duration;

/// The broker whose rules this one follows. The README has a table of the rules.
///
/// Reply texts are RabbitMQ's, except where a rule states its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Like {
    /// RabbitMQ 3.10.
    #[default]
    RabbitMq3_10,
    /// RabbitMQ 4.3.
    RabbitMq4_3,
    /// LavinMQ 2.9.
    LavinMq,
}

use Like::{LavinMq, RabbitMq3_10, RabbitMq4_3};

impl Like {
    /// `product` and `version` in the server properties.
    pub(crate) fn product_and_version(self) -> (&'static str, &'static str) {
        match self {
            RabbitMq3_10 => ("RabbitMQ", "3.10.8"),
            RabbitMq4_3 => ("RabbitMQ", "4.3.6"),
            LavinMq => ("LavinMQ", "2.9.1"),
        }
    }

    /// Returns whether headers exchanges know `all-with-x` and `any-with-x`. LavinMQ refuses them: 406
    /// `x-match must be 'any' or 'all'` (measured).
    pub(crate) fn has_x_match_with_x(self) -> bool {
        self != LavinMq
    }

    /// The clock that decides about expiry, where it is coarse. LavinMQ's ticks every 100 ms, and the time to
    /// live is rounded down to it (measured: messages with less never arrive).
    pub(crate) fn expiry_tick(self) -> Option<Duration> {
        (self == LavinMq).then_some(Duration::from_millis(100))
    }

    /// Returns whether messages of a queue with consumers expire only when they are next to be delivered.
    /// LavinMQ's do (measured).
    pub(crate) fn expires_only_next_of_consumed(self) -> bool {
        self == LavinMq
    }

    /// Returns whether `expiration` must fit into 31 bits. LavinMQ refuses a larger one: 406
    /// `Expiration not a number` (measured).
    pub(crate) fn has_short_expirations(self) -> bool {
        self == LavinMq
    }

    /// Returns whether a restart keeps the transient messages of durable queues, and forgets that messages
    /// were delivered before. LavinMQ's does both (measured).
    pub(crate) fn restarts_as_if_undelivered(self) -> bool {
        self == LavinMq
    }

    /// Returns whether `connection.update-secret` is accepted. LavinMQ closes the connection of a user with a
    /// password: 403 (measured).
    pub(crate) fn accepts_new_passwords(self) -> bool {
        self != LavinMq
    }

    /// The default exchange in permission patterns: `amq.default`, or LavinMQ's empty name (measured).
    pub(crate) fn default_exchange(self) -> &'static str {
        if self == LavinMq { "" } else { "amq.default" }
    }

    /// Returns whether consuming direct replies needs read on the pseudo queue. LavinMQ requires it
    /// (measured).
    pub(crate) fn direct_replies_need_read(self) -> bool {
        self == LavinMq
    }

    /// Returns whether declaring a queue with a dead-letter exchange checks read on the name of the
    /// connection, which is its address, in place of that of the queue. LavinMQ does, by mistake (measured).
    pub(crate) fn dead_lettering_needs_read_on_connection(self) -> bool {
        self == LavinMq
    }

    /// Returns whether declaring again what exists, as it is, needs the permission to configure it. On LavinMQ
    /// it needs none (its source).
    pub(crate) fn declaring_again_needs_permission(self) -> bool {
        self != LavinMq
    }

    /// The text that refuses to declare again what exists with other properties, where it is not RabbitMQ's.
    /// LavinMQ's never names the difference (measured). `kind` is `queue` or `exchange`.
    pub(crate) fn text_of_redeclaration(self, kind: &str, name: &str) -> Option<String> {
        let text = || format!("Existing {kind} '{name}' declared with other arguments");
        (self == LavinMq).then(text)
    }

    /// The name that a direct reply address begins with, where it is not the one that the requester consumes.
    /// LavinMQ's addresses all begin with its own name (measured).
    pub(crate) fn direct_reply_prefix(self) -> Option<&'static str> {
        (self == LavinMq).then_some("amq.direct.reply-to")
    }

    /// Returns whether a full queue with the overflow `reject-publish` returns mandatory messages, and nacks
    /// them as well. LavinMQ's does (measured).
    pub(crate) fn returns_when_full(self) -> bool {
        self == LavinMq
    }

    /// Returns whether there is the overflow `reject-publish-dlx`. LavinMQ takes it for `drop-head`
    /// (measured).
    pub(crate) fn has_reject_publish_dlx(self) -> bool {
        self != LavinMq
    }

    /// Returns whether a broker that is low on memory or disk refuses to be published to, and to create queues:
    /// 406 `Server low on disk space`, which closes the channel. LavinMQ does (measured), and never sends
    /// `connection.blocked`. Existing queues may be declared again (its source).
    pub(crate) fn refuses_when_low(self) -> bool {
        self == LavinMq
    }

    /// Returns whether passive declarations need one of configure, write and read. RabbitMQ 4.3 requires it
    /// (measured).
    pub(crate) fn passive_declare_needs_permission(self) -> bool {
        self == RabbitMq4_3
    }

    /// Returns whether a refusal for lack of a permission names the permission. RabbitMQ 4's does (measured).
    pub(crate) fn names_refused_permission(self) -> bool {
        self == RabbitMq4_3
    }

    /// Returns whether there is one type of queue, which knows all arguments. LavinMQ's queues obey
    /// `x-delivery-limit` whatever their type, and it accepts and ignores `x-queue-type=quorum` (measured).
    pub(crate) fn has_one_queue_type(self) -> bool {
        self == LavinMq
    }

    /// The delivery limit of quorum queues without one: 20 since RabbitMQ 4.0 (its release notes).
    pub(crate) fn default_delivery_limit(self) -> Option<u32> {
        (self == RabbitMq4_3).then_some(20)
    }

    /// Returns whether `basic.nack` with requeue counts towards a delivery limit. Not since RabbitMQ 4.3 (its
    /// release notes).
    pub(crate) fn nack_counts_as_return(self) -> bool {
        self != RabbitMq4_3
    }

    /// Returns whether `basic.qos` may apply to a whole channel. RabbitMQ 4.3 refuses it with 541 (its
    /// release notes).
    pub(crate) fn has_global_qos(self) -> bool {
        self != RabbitMq4_3
    }

    /// Returns whether a delivered direct reply counts as routed, so that it is not returned. Since RabbitMQ
    /// 4.2 (its release notes), and on LavinMQ, where it is never routed (its source).
    pub(crate) fn direct_reply_counts_as_routed(self) -> bool {
        self != RabbitMq3_10
    }
}
