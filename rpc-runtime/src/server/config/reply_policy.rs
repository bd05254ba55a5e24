//! Where a server sends replies: the reply address of a request is chosen by whoever sent it.

use std::collections::BTreeSet;

use crate::wire::address::OWN_REPLY_ADDRESSES;

/// Which reply addresses a server answers to.
///
/// A reply goes to the queue that the request names, with the permissions of the server. Without a policy anybody who may send
/// requests could have the server write into any queue of the virtual host: those of other services, for instance. By default
/// answers go to what RPC clients use:
///
/// | begins with | is |
/// |---|---|
/// | `amqp-rpc.reply.` | the reply queue of this library's clients |
/// | `amq.gen-` | a queue that the broker has named, as clients after the `RabbitMQ` tutorial declare theirs |
/// | `amq.rabbitmq.reply-to.`, `amq.direct.reply-to.` | a direct reply-to address |
///
/// A request with any other address is not run and answered nowhere. It is logged, counted as
/// [`ServerStats::foreign_reply_addresses`](crate::ServerStats::foreign_reply_addresses), and rejected, so that it goes to the dead
/// letters. A request without an address is none of the policy's business.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{ReplyPolicy, Server};
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
        OWN_REPLY_ADDRESSES.into_iter().fold(Self::none(), Self::allow_prefix)
    }
}

impl ReplyPolicy {
    /// Answers to no address, until some are allowed.
    pub fn none() -> Self {
        Self { prefixes: BTreeSet::new(), names: BTreeSet::new() }
    }

    /// Answers to every address. Only where everybody who can send a request may write to every queue of the virtual host.
    pub fn any() -> Self {
        Self::none().allow_prefix("")
    }

    /// Answers to addresses that begin so, as well.
    pub fn allow_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.insert(prefix.into());
        self
    }

    /// Answers to the queue of this name, as well.
    pub fn allow(mut self, queue: impl Into<String>) -> Self {
        self.names.insert(queue.into());
        self
    }

    pub(crate) fn allows(&self, address: &str) -> bool {
        self.prefixes.iter().any(|prefix| address.starts_with(prefix.as_str()))
            || self.names.contains(address)
    }
}

/// An address from outside, for the log: nothing in it ends the line or goes on for long.
pub(crate) fn loggable_address(address: &str) -> String {
    const ENOUGH: usize = 80;
    let mut characters = address.chars();
    let beginning: String = characters.by_ref().take(ENOUGH).collect();
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
