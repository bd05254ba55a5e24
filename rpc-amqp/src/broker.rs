//! The brokers that the library distinguishes, and all their differences.
//!
//! One method for each difference, with its reason. "Measured" means observed on RabbitMQ 3.10.8, 4.0.5 and
//! 4.3.6 and on LavinMQ 2.9.1. No other file compares products or versions.
//!
//! Here is what must be known before the broker says it. Where its refusal says enough, the code follows the
//! refusal: a passive declaration without permission (403, RabbitMQ since 4.3), and [`LOW_ON_DISK`].

use std::{fmt, time::Duration};

use self::Broker::{LavinMq, Other, RabbitMq};

/// Part of the text with which LavinMQ refuses to publish and to create queues while it is low on disk (406).
/// It closes the channel with each refusal, and never sends `connection.blocked` (measured).
pub(crate) const LOW_ON_DISK: &str = "low on disk space";

/// The broker's product and version, from the server properties of `connection.start`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broker {
    /// RabbitMQ.
    RabbitMq(BrokerVersion),
    /// LavinMQ.
    LavinMq(BrokerVersion),
    /// Any other broker, and one that does not name its product. Only what AMQP 0-9-1 promises is expected.
    #[default]
    Other,
}

/// The version of a broker. Zeros stand for numbers that the broker does not state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct BrokerVersion {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// The differences between brokers, each with its reason.
impl Broker {
    /// Returns whether bindings to a headers exchange may compare headers that begin with `x-`
    /// (`x-match: all-with-x`).
    ///
    /// RabbitMQ has it since 3.10 (its release notes). LavinMQ refuses it: 406
    /// `x-match must be 'any' or 'all'` (measured).
    #[must_use]
    pub fn has_all_with_x(self) -> bool {
        self.is_rabbitmq_since(3, 10)
    }

    /// Returns whether `connection.update-secret` with this password or token keeps the connection open.
    ///
    /// RabbitMQ accepts any that logs in, since 3.8. LavinMQ accepts it only from users that log in with an
    /// OAuth token: for all others it closes the connection with 403
    /// `update-secret not supported for current authentication mechanism` (measured). AMQP 0-9-1 does not
    /// have the method.
    #[must_use]
    pub fn accepts_update_secret(self, secret: &str) -> bool {
        match self {
            RabbitMq(_) => self.is_rabbitmq_since(3, 8),
            LavinMq(_) => is_jwt(secret),
            Other => false,
        }
    }

    /// The step to which the broker rounds down the time at which a message expires; `None` where it is
    /// exact.
    ///
    /// LavinMQ rounds to a clock that ticks every 100 ms, so that a message with a shorter expiration is
    /// expired when it arrives: 200 of 200 were lost (measured). Others expire up to two steps early (its
    /// source).
    #[must_use]
    pub fn expiration_step(self) -> Option<Duration> {
        match self {
            LavinMq(_) => Some(Duration::from_millis(100)),
            RabbitMq(_) | Other => None,
        }
    }

    /// Returns whether a full queue with the overflow `reject-publish` returns mandatory messages (312),
    /// without publisher confirms too.
    ///
    /// LavinMQ returns the message, and nacks it as well on a channel with confirms (measured). RabbitMQ only
    /// nacks.
    #[must_use]
    pub fn returns_when_full(self) -> bool {
        matches!(self, LavinMq(_))
    }

    /// Returns whether a queue with the overflow `reject-publish-dlx` refuses messages when it is full, and
    /// dead-letters them.
    ///
    /// LavinMQ accepts the argument, but drops the oldest messages (`drop-head`) and acks the new ones
    /// (measured).
    #[must_use]
    pub fn has_reject_publish_dlx(self) -> bool {
        matches!(self, RabbitMq(_))
    }

    /// Returns whether a queue with `x-single-active-consumer` delivers to one of its consumers at a time.
    ///
    /// RabbitMQ has it since 3.8 (its release notes), and hands over as `tests/conformance` records. LavinMQ has it (the
    /// source of 2.9). A broker that ignores the argument delivers to all consumers, and nothing says so.
    #[must_use]
    pub fn has_single_active_consumer(self) -> bool {
        self.is_rabbitmq_since(3, 8) || matches!(self, LavinMq(_))
    }

    /// Returns whether consuming direct reply-to needs the permission to read `amq.rabbitmq.reply-to`.
    ///
    /// LavinMQ requires it; on RabbitMQ any user may (measured).
    #[must_use]
    pub fn direct_replies_need_permission(self) -> bool {
        matches!(self, LavinMq(_))
    }

    /// The command that grants permissions.
    #[must_use]
    pub fn permission_command(self) -> &'static str {
        match self {
            LavinMq(_) => "lavinmqctl set_permissions",
            RabbitMq(_) | Other => "rabbitmqctl set_permissions",
        }
    }

    /// The name of the default exchange in permission patterns.
    ///
    /// RabbitMQ calls it `amq.default`, LavinMQ the empty name (measured). `^(amq\.default)?$` fits both.
    #[must_use]
    pub fn default_exchange_in_permissions(self) -> &'static str {
        match self {
            RabbitMq(_) => "amq.default",
            LavinMq(_) | Other => "",
        }
    }

    /// Returns whether messages that were delivered before a restart of the broker are marked as redelivered
    /// after it.
    ///
    /// LavinMQ forgets the mark, and keeps transient messages of durable queues too (4 of 4, measured).
    /// RabbitMQ before 4.3 sometimes does not mark redeliveries after a restart (`unmarked_redeliveries.py`).
    #[must_use]
    pub fn marks_redeliveries_after_restart(self) -> bool {
        self.is_rabbitmq_since(4, 3)
    }

    fn is_rabbitmq_since(self, major: u16, minor: u16) -> bool {
        matches!(self, RabbitMq(version) if version >= BrokerVersion { major, minor, patch: 0 })
    }
}

impl Broker {
    /// Tells a broker by the `product` and `version` of its server properties.
    pub(crate) fn from_properties(product: &str, version: &str) -> Self {
        let version = BrokerVersion::parse(version);
        match product {
            "RabbitMQ" => RabbitMq(version),
            // The embedded broker of amqp-rpc behaves as this version does.
            "amqp-rpc-broker" => RabbitMq(BrokerVersion { major: 3, minor: 10, patch: 8 }),
            "LavinMQ" => LavinMq(version),
            _ => Other,
        }
    }
}

impl BrokerVersion {
    /// Reads the three numbers at the front: `4.3.0-rc.1` is 4.3.0.
    fn parse(version: &str) -> Self {
        let mut numbers = version.splitn(3, '.').map(|part| {
            let digits = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse().unwrap_or(0)
        });
        let mut next = || numbers.next().unwrap_or(0);
        Self { major: next(), minor: next(), patch: next() }
    }
}

/// Returns whether a secret has the form of a JSON Web Token: three parts in base64url, of which the last may
/// be empty. The first begins with `{"`, encoded.
fn is_jwt(secret: &str) -> bool {
    let is_base64url = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    let parts: Vec<&str> = secret.split('.').collect();
    matches!(parts[..], [header, claims, _] if header.starts_with("eyJ") && !claims.is_empty())
        && parts.into_iter().all(is_base64url)
}

/// The product and the version: `RabbitMQ 4.3.6`.
impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RabbitMq(version) => write!(f, "RabbitMQ {version}"),
            LavinMq(version) => write!(f, "LavinMQ {version}"),
            Other => f.write_str("another broker"),
        }
    }
}

impl fmt::Display for BrokerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers() -> [Broker; 4] {
        [("RabbitMQ", "3.10.8"), ("RabbitMQ", "4.0.5"), ("RabbitMQ", "4.3.6"), ("LavinMQ", "2.9.1")]
            .map(|(product, version)| Broker::from_properties(product, version))
    }

    #[test]
    fn a_broker_is_told_by_its_product_and_shown_with_its_version() {
        let shown = brokers().map(|broker| broker.to_string());
        assert_eq!(shown, ["RabbitMQ 3.10.8", "RabbitMQ 4.0.5", "RabbitMQ 4.3.6", "LavinMQ 2.9.1"]);
        assert_eq!(Broker::from_properties("amqp-rpc-broker", "0.1.0").to_string(), "RabbitMQ 3.10.8");
        assert_eq!(Broker::from_properties("qpid-cpp", "1.39"), Other);
        assert_eq!(Broker::from_properties("rabbitmq", "3.10.8"), Other);
        assert_eq!(Other.to_string(), "another broker");
    }

    #[test]
    fn versions_are_compared_by_number_and_may_be_incomplete() {
        let version = |text| BrokerVersion::parse(text);
        assert!(version("3.10.8") > version("3.9.30"));
        assert_eq!(version("4.3.0-rc.1"), BrokerVersion { major: 4, minor: 3, patch: 0 });
        assert_eq!(version("4.1.0+12.g3fa"), BrokerVersion { major: 4, minor: 1, patch: 0 });
        assert_eq!(version("2"), BrokerVersion { major: 2, minor: 0, patch: 0 });
        for unknown in ["", "next", "99999999999", ".", "é.1"] {
            assert_eq!(version(unknown).major, 0, "{unknown}");
        }
    }

    #[test]
    fn each_difference_holds_for_the_brokers_it_was_measured_on() {
        type Claim = (&'static str, fn(Broker) -> bool, [bool; 4], bool);
        let claims: [Claim; 6] = [
            ("single active consumers", Broker::has_single_active_consumer, [true; 4], false),
            ("all-with-x", Broker::has_all_with_x, [true, true, true, false], false),
            ("returns when full", Broker::returns_when_full, [false, false, false, true], false),
            ("reject-publish-dlx", Broker::has_reject_publish_dlx, [true, true, true, false], false),
            ("direct replies", Broker::direct_replies_need_permission, [false, false, false, true], false),
            ("redelivered", Broker::marks_redeliveries_after_restart, [false, false, true, false], false),
        ];
        for (what, claim, on_each, on_others) in claims {
            assert_eq!(brokers().map(claim), on_each, "{what}");
            assert_eq!(claim(Other), on_others, "{what}");
        }
        assert!(!Broker::from_properties("RabbitMQ", "3.7.28").has_single_active_consumer());
        let commands = brokers().map(|broker| broker.permission_command().starts_with("rabbitmqctl"));
        assert_eq!(commands, [true, true, true, false]);
        let default_exchange = brokers().map(Broker::default_exchange_in_permissions);
        assert_eq!(default_exchange, ["amq.default", "amq.default", "amq.default", ""]);
        let steps = brokers().map(Broker::expiration_step);
        assert_eq!(steps, [None, None, None, Some(Duration::from_millis(100))]);
    }

    #[test]
    fn lavinmq_gets_new_tokens_and_no_new_passwords() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
        for (secret, on_lavinmq) in [
            (token, true),
            ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", true),
            ("a password", false),
            ("", false),
            ("a.b.c", false),
            ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ", false),
            ("eyJhbGciOiJSUzI1NiJ9..c2lnbmF0dXJl", false),
            ("eyJhbGciOiJSUzI1NiJ9.eyJz dWI.c2lnbmF0dXJl", false),
        ] {
            let accepts = brokers().map(|broker| broker.accepts_update_secret(secret));
            assert_eq!(accepts, [true, true, true, on_lavinmq], "{secret}");
            assert!(!Other.accepts_update_secret(secret));
        }
    }
}
