//! Decides which reply addresses are allowed: the sender of a request chooses its reply address.

use std::collections::BTreeSet;

use super::address_pattern::{AddressPattern, pattern_of};
use crate::wire::reply_address::{CALLER_REPLY_PATTERNS, CALLER_REPLY_PREFIXES};

/// Decides which reply addresses a server sends replies to.
///
/// A reply goes to the queue that the request names, with the permissions of the server. Without a policy
/// every client that may send requests could have the server publish to any queue of the virtual host, such
/// as those of other services. By default replies go to the addresses that RPC clients use:
///
/// | address | is |
/// |---|---|
/// | `amqp-rpc.reply.…` | the reply queue of this library's clients |
/// | `amq.gen-…` | a queue that the broker has named, as clients of the `RabbitMQ` tutorial do |
/// | `amq.rabbitmq.reply-to.…`, `amq.direct.reply-to.…` | a direct reply-to address |
/// | `amq_` and a UUID | the reply queue of aio-pika's `connect_robust` |
/// | a UUID and nothing else | the reply queue of kombu, Celery and nameko |
///
/// A request queue has a name that its callers know beforehand, so it has none of these. Where queues with
/// other readers are named by bare UUIDs, build the policy from [`none`](Self::none).
///
/// A request with any other address is not run, and no reply is sent. It is logged, with the code that allows
/// the address, counted as
/// [`ServerStats::foreign_reply_addresses`](crate::server::ServerStats::foreign_reply_addresses), and
/// rejected, so that it goes to the dead letters. A request without an address is not checked.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, server::ReplyPolicy};
///
/// // A partner's clients wait at queues of their own.
/// let policy = ReplyPolicy::default()
///     .allow_prefix("partner.replies.")
///     .allow_pattern("worker.*.replies.{uuid}")
///     .allow("audit");
/// let server = Server::new().reply_policy(policy);
/// # let _ = server;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ReplyPolicy {
    prefixes: BTreeSet<String>,
    names: BTreeSet<String>,
    patterns: Vec<AddressPattern>,
}

impl Default for ReplyPolicy {
    fn default() -> Self {
        let with_prefixes = CALLER_REPLY_PREFIXES.into_iter().fold(Self::none(), Self::allow_prefix);
        CALLER_REPLY_PATTERNS.into_iter().fold(with_prefixes, Self::allow_pattern)
    }
}

impl ReplyPolicy {
    /// Allows no address, until some are added.
    pub fn none() -> Self {
        Self { prefixes: BTreeSet::new(), names: BTreeSet::new(), patterns: Vec::new() }
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

    /// Also allows addresses of this pattern. `*` stands for any characters, also none, and `{uuid}` for a
    /// UUID: 32 hexadecimal digits, with or without the four hyphens. Everything else stands for itself. The
    /// pattern is that of the whole address.
    pub fn allow_pattern(mut self, pattern: impl AsRef<str>) -> Self {
        let pattern = AddressPattern::new(pattern.as_ref());
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
        self
    }

    /// Returns whether a reply may be sent to this address.
    #[must_use]
    pub fn allows(&self, address: &str) -> bool {
        // From the last on: of the prefixes that are there by default, it is the one of this library's clients.
        self.prefixes.iter().rev().any(|prefix| address.starts_with(prefix.as_str()))
            || self.names.contains(address)
            || self.patterns.iter().any(|pattern| pattern.matches(address))
    }
}

/// The code that allows an address and those that are like it, for the log.
pub(crate) fn code_that_allows(address: &str) -> String {
    let call = match pattern_of(address) {
        Some(pattern) => format!("allow_pattern({})", loggable_address(&pattern)),
        None => format!("allow({})", loggable_address(address)),
    };
    format!(".reply_policy(ReplyPolicy::default().{call})")
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
            "amq_7f1ccbd8eae14eb5b1e9e2b1d3b6b9ba",
            "936da01f-9abd-4d9d-80c7-02af85c822a8",
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
            "amq_7f1ccbd8",
            "amq_",
            "fib.936da01f-9abd-4d9d-80c7-02af85c822a8",
            "amqp-rpc.events.936da01f-9abd-4d9d-80c7-02af85c822a8",
        ] {
            assert!(!policy.allows(foreign), "{foreign}");
        }
    }

    const HYPHENATED: &str = "936da01f-9abd-4d9d-80c7-02af85c822a8";
    const PLAIN: &str = "936da01f9abd4d9d80c702af85c822a8";

    #[test]
    fn by_default_the_reply_queues_of_aio_pika_and_kombu_are_answered() {
        let policy = ReplyPolicy::default();
        // aio-pika writes `uuid4().hex`, kombu `str(uuid4())`.
        for address in [format!("amq_{PLAIN}"), HYPHENATED.to_owned()] {
            assert!(policy.allows(&address), "{address}");
        }
        for uuid in [PLAIN, HYPHENATED] {
            for other in [
                format!("amq-{uuid}"),
                format!("amq_{}", &uuid[1..]),
                format!("amq_{uuid}0"),
                format!("amq_{}", uuid.replace('a', "g")),
                format!("{uuid}0"),
                uuid[1..].to_owned(),
                format!("{uuid}\n"),
            ] {
                assert!(!policy.allows(&other), "{other}");
            }
        }
    }

    #[test]
    fn an_address_with_a_dot_is_never_taken_for_a_uuid() {
        // nameko's requests have routing keys such as `service.method`, and replies go through the same exchange.
        let policy = CALLER_REPLY_PATTERNS.into_iter().fold(ReplyPolicy::none(), ReplyPolicy::allow_pattern);
        for address in [format!("amq_{PLAIN}"), format!("amq_{HYPHENATED}"), HYPHENATED.into(), PLAIN.into()]
        {
            assert!(policy.allows(&address), "{address}");
            for at in 0..=address.len() {
                let (before, after) = address.split_at(at);
                let added = format!("{before}.{after}");
                assert!(!policy.allows(&added), "{added}");
                let Some(rest) = after.get(1..) else { continue };
                let replaced = format!("{before}.{rest}");
                assert!(!policy.allows(&replaced), "{replaced}");
            }
            for other in [format!("svc.{address}"), format!("{address}.compute"), "svc.compute".to_owned()] {
                assert!(!policy.allows(&other), "{other}");
            }
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
    fn the_log_says_what_to_write() {
        let policy = |call: &str| format!(".reply_policy(ReplyPolicy::default().{call})");
        assert_eq!(code_that_allows("audit"), policy(r#"allow("audit")"#));
        assert_eq!(
            code_that_allows("client.936da01f-9abd-4d9d-80c7-02af85c822a8"),
            policy(r#"allow_pattern("client.{uuid}")"#)
        );
        assert_eq!(code_that_allows("a\"b\n"), policy(r#"allow("a\"b\n")"#));
    }

    #[test]
    fn an_address_in_the_log_is_one_short_line() {
        assert_eq!(loggable_address("a\n\u{1b}[31mb"), r#""a\n\u{1b}[31mb""#);
        let long = loggable_address(&"ä".repeat(127));
        assert_eq!((long.chars().count(), long.ends_with("\"…")), (83, true));
    }
}
