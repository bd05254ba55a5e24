//! Decides which reply addresses are allowed: the sender of a request chooses its reply address.

use std::collections::BTreeSet;

use crate::wire::reply_address::CALLER_REPLY_PREFIXES;

/// Decides which reply addresses a server sends replies to.
///
/// A reply goes to the queue that the request names, with the permissions of the server. Without a policy
/// every client that may send requests could have the server publish to any queue of the virtual host, such
/// as those of other services. By default replies go to the addresses that RPC clients use:
///
/// | begins with | is |
/// |---|---|
/// | `amqp-rpc.reply.` | the reply queue of this library's clients |
/// | `amq.gen-` | a queue that the broker has named, as clients of the `RabbitMQ` tutorial do |
/// | `amq.rabbitmq.reply-to.`, `amq.direct.reply-to.` | a direct reply-to address |
///
/// A request with any other address is not run, and no reply is sent. It is logged, counted as
/// [`ServerStats::foreign_reply_addresses`](crate::server::ServerStats::foreign_reply_addresses), and
/// rejected, so that it goes to the dead letters. A request without an address is not checked.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, server::ReplyPolicy};
///
/// // A partner's clients wait at queues of their own.
/// let policy = ReplyPolicy::default().allow_prefix("partner.replies.").allow("audit");
/// let server = Server::new().reply_policy(policy);
/// # let _ = server;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ReplyPolicy {
    prefixes: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Default for ReplyPolicy {
    fn default() -> Self {
        CALLER_REPLY_PREFIXES.into_iter().fold(Self::none(), Self::allow_prefix)
    }
}

impl ReplyPolicy {
    /// Allows no address, until some are added.
    pub fn none() -> Self {
        Self { prefixes: BTreeSet::new(), names: BTreeSet::new() }
    }

    /// Allows every address. Use it only where every client that can send a request may publish to every
    /// queue of the virtual host.
    pub fn any() -> Self {
        Self::none().allow_prefix("")
    }

    /// Also allows addresses that begin with `prefix`.
    pub fn allow_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.insert(prefix.into());
        self
    }

    /// Also allows the queue of this name.
    pub fn allow(mut self, queue: impl Into<String>) -> Self {
        self.names.insert(queue.into());
        self
    }

    pub(crate) fn allows(&self, address: &str) -> bool {
        self.prefixes.iter().any(|prefix| address.starts_with(prefix.as_str()))
            || self.names.contains(address)
    }
}

/// Makes an address that a client has chosen safe for the log: escaped, and of limited length.
pub(crate) fn loggable_address(address: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    let mut characters = address.chars();
    let beginning: String = characters.by_ref().take(MAX_CHARACTERS).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{beginning:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_only_what_clients_wait_at_is_answered() {
        let policy = ReplyPolicy::default();
        for own in [
            "amqp-rpc.reply.5f0c",
            "amq.gen-JzTY20BRgKO",
            "amq.rabbitmq.reply-to.g1h.x==",
            "amq.direct.reply-to.tag",
        ] {
            assert!(policy.allows(own), "{own}");
        }
        for foreign in [
            "",
            "fib",
            "amq.gen",
            "amq.rabbitmq.reply-to",
            "AMQ.GEN-x",
            " amq.gen-x",
            "amqp-rpc.dead",
            "x.amqp-rpc.reply.y",
        ] {
            assert!(!policy.allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn what_is_allowed_is_added() {
        let policy = ReplyPolicy::default().allow_prefix("partner.").allow("audit");
        for allowed in ["partner.1", "audit", "amq.gen-x"] {
            assert!(policy.allows(allowed), "{allowed}");
        }
        for foreign in ["partner", "audit.x"] {
            assert!(!policy.allows(foreign), "{foreign}");
        }
        assert!(ReplyPolicy::any().allows("anything") && !ReplyPolicy::none().allows("amq.gen-x"));
    }

    #[test]
    fn an_address_in_the_log_is_one_short_line() {
        assert_eq!(loggable_address("a\n\u{1b}[31mb"), r#""a\n\u{1b}[31mb""#);
        let long = loggable_address(&"ä".repeat(127));
        assert_eq!((long.chars().count(), long.ends_with("\"…")), (83, true));
    }
}
