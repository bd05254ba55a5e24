//! A subscription: which events of a service a server receives, as a member of a group or alone.

use std::collections::BTreeSet;

use amqp_rpc_transport::limits::MAX_SHORT_STRING_BYTES;

use super::queue_options::QueueOptions;
use crate::{
    contract::{Event, MethodDef, MethodKind, ServiceDef},
    error::StartError,
};

/// Selects events of a service, and says whether a server shares them with others.
///
/// ```
/// # use amqp_rpc_runtime::Subscription;
/// // Every group gets each event once; the servers of the group share them out.
/// let billing = Subscription::group("billing");
/// // Every server gets each event, while it is connected.
/// let listener = Subscription::listener();
/// # let _ = (billing, listener);
/// ```
///
/// Events are chosen [by topic](Self::to), or [all of a kind](Self::to_all).
#[derive(Clone, Debug)]
#[must_use = "a subscription does nothing until it is passed to a server"]
pub struct Subscription {
    pub(crate) by: Subscriber,
    pub(crate) patterns: Patterns,
    pub(crate) queue_options: Option<QueueOptions>,
}

/// A group of servers, or one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subscriber {
    Group(String),
    Listener,
}

/// Events with patterns of the topics with which they are received. Each pair is one binding.
pub(crate) type Patterns = BTreeSet<Pattern>;

#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) method: &'static MethodDef,
    pub(crate) topics: String,
}

impl Subscription {
    /// Receives as a member of the group of this name: each event goes to one of its members, like a request
    /// to one of a service's servers.
    ///
    /// Its events wait in the durable queue `{service}.events.{name}`, also while no member runs: **delete
    /// the queue of a group that is no longer used**, or it fills. Events that fail go to `{queue}.dead`. The
    /// bindings of patterns that were taken out of the program stay as well, for other members may still run
    /// with them; [`remove`](crate::server::ActiveSubscription::remove) takes them from the queue.
    pub fn group(name: impl Into<String>) -> Self {
        Self::by(Subscriber::Group(name.into()))
    }

    /// Receives for this server alone: what is published while it is connected, as every other listener does.
    /// No event is kept for it in an outage, and an event that its handler fails with is logged and dropped.
    ///
    /// Its queue, `amqp-rpc.events.` and an id, belongs to its connection; every connection has a new one.
    pub fn listener() -> Self {
        Self::by(Subscriber::Listener)
    }

    /// Receives the event `E` with the topics that match one of the patterns: words between dots, where `*`
    /// stands for any one word and `#` for any number of them, also for none. So `eu.*` matches `eu.de`, and
    /// `#` every topic and the empty one.
    ///
    /// ```
    /// # mod events {
    /// #     use amqp_rpc_runtime::contract::{MethodDef, NoError, NoReply, Request};
    /// #     #[derive(serde::Serialize, serde::Deserialize)]
    /// #     pub struct PricesPriceChanged {}
    /// #     impl Request for PricesPriceChanged {
    /// #         const METHOD: &'static MethodDef =
    /// #             &MethodDef::new("prices", "prices.price_changed").event();
    /// #         type Response = NoReply;
    /// #         type Error = NoError;
    /// #     }
    /// #     impl amqp_rpc_runtime::contract::Event for PricesPriceChanged {}
    /// # }
    /// # use amqp_rpc_runtime::Subscription;
    /// # use events::PricesPriceChanged;
    /// let european = Subscription::group("billing").to::<PricesPriceChanged>(["eu.*", "uk"]);
    /// # let _ = european;
    /// ```
    pub fn to<E: Event>(mut self, topics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.patterns.extend(patterns::<E>(topics));
        self
    }

    /// Receives the event `E` whatever its topic.
    pub fn to_all<E: Event>(self) -> Self {
        self.to::<E>(["#"])
    }

    /// Sets the options of the group's queue. Default: the server's queue options.
    ///
    /// With a [`max_length`](QueueOptions::max_length) a full queue moves its oldest events to
    /// `{queue}.dead`: a slow group must not delay publishers. Of a listener's options only `max_length` is
    /// used.
    pub fn queue_options(mut self, options: QueueOptions) -> Self {
        self.queue_options = Some(options);
        self
    }

    fn by(by: Subscriber) -> Self {
        Self { by, patterns: Patterns::new(), queue_options: None }
    }

    /// # Errors
    /// Everything that can be wrong with it without a broker.
    pub(crate) fn check(&self, service: &'static ServiceDef, binds: bool) -> Result<(), StartError> {
        let invalid = |text| Err(StartError::InvalidOption(text));
        let service_name = service.name;
        if let Subscriber::Group(name) = &self.by
            && (name.is_empty() || name.chars().any(char::is_control))
        {
            return invalid(format!("group {name:?} must have a name, without control characters"));
        }
        if service.methods.iter().all(|method| method.kind != MethodKind::Event) {
            return invalid(format!(
                "`{service_name}` has no event; serve it with `.service(..)`, or mark a method with `#[rpc(event)]`"
            ));
        }
        if self.patterns.is_empty() && binds {
            return invalid(format!(
                "the subscription to `{service_name}` names no event; add `.to::<..>(..)` or `.to_all::<..>()`"
            ));
        }
        check_patterns(&self.patterns, service)
    }
}

/// Refuses patterns that never match, or that the broker does not accept.
pub(crate) fn check_patterns<'a>(
    patterns: impl IntoIterator<Item = &'a Pattern>,
    service: &'static ServiceDef,
) -> Result<(), StartError> {
    for pattern in patterns {
        let Pattern { method, topics } = pattern;
        if !service.methods.iter().any(|of_service| of_service.full_name == method.full_name) {
            let text = format!("`{}` is no event of `{}`", method.full_name, service.name);
            return Err(StartError::InvalidOption(text));
        }
        if let Err(why) = pattern.check() {
            let text = format!("the pattern {topics:?} for `{}` {why}", method.full_name);
            return Err(StartError::InvalidOption(text));
        }
    }
    Ok(())
}

pub(crate) fn patterns<E: Event>(
    topics: impl IntoIterator<Item = impl Into<String>>,
) -> impl Iterator<Item = Pattern> {
    topics.into_iter().map(|topics| Pattern { method: E::METHOD, topics: topics.into() })
}

impl Pattern {
    /// The routing key that the queue is bound with.
    pub(crate) fn routing_key(&self) -> String {
        format!("{}.{}", self.method.routing_key, self.topics)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.topics.split('.').any(str::is_empty) {
            return Err("has an empty word; `#` matches every topic, the empty one as well");
        }
        if self.topics.split('.').any(|word| word.len() > 1 && word.contains(['#', '*'])) {
            return Err("has a wildcard within a word; `*` and `#` stand for whole words");
        }
        if self.topics.chars().any(char::is_control) {
            return Err("has a control character");
        }
        if self.routing_key().len() > MAX_SHORT_STRING_BYTES {
            return Err("is longer than AMQP allows: 255 bytes together with the event's name");
        }
        Ok(())
    }

    fn key(&self) -> (&'static str, &str) {
        (self.method.full_name, &self.topics)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGED: &MethodDef = &MethodDef::new("prices", "prices.price_changed").event();
    const PRICES: &ServiceDef = &ServiceDef::new("prices", &[CHANGED]);

    fn subscribe(topics: &str) -> Result<(), StartError> {
        let mut subscription = Subscription::listener();
        subscription.patterns.insert(Pattern { method: CHANGED, topics: topics.into() });
        subscription.check(PRICES, true)
    }

    #[test]
    fn patterns_are_words_and_whole_wildcards() {
        for topics in ["#", "*", "eu.de", "eu.*", "eu.#", "*.de.#", "größe", &"x".repeat(234)] {
            subscribe(topics).unwrap();
        }
        for (topics, why) in [
            ("", "empty word"),
            (".", "empty word"),
            ("eu.", "empty word"),
            ("eu..de", "empty word"),
            ("#x", "whole words"),
            ("eu*", "whole words"),
            ("**", "whole words"),
            ("eu\n", "control character"),
            (&"x".repeat(235), "255 bytes"),
        ] {
            let error = subscribe(topics).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("prices.price_changed"), "{topics:?}: {error}");
        }
    }

    #[test]
    fn a_subscription_names_events_of_its_service() {
        const CALLS: &ServiceDef = &ServiceDef::new("calls", &[&MethodDef::new("calls", "calls.one")]);
        const OTHER: &ServiceDef =
            &ServiceDef::new("other", &[&MethodDef::new("other", "other.one").event()]);
        let mut subscription = Subscription::group("billing");
        let error = subscription.check(PRICES, true).unwrap_err().to_string();
        assert!(error.contains("names no event"), "{error}");
        subscription.check(PRICES, false).unwrap();
        subscription.patterns.insert(Pattern { method: CHANGED, topics: "#".into() });
        let error = subscription.check(CALLS, true).unwrap_err().to_string();
        assert!(error.contains("`calls` has no event"), "{error}");
        let error = subscription.check(OTHER, true).unwrap_err().to_string();
        assert!(error.contains("`prices.price_changed` is no event of `other`"), "{error}");
        for name in ["", "a\0b"] {
            let error = Subscription::group(name).check(PRICES, false).unwrap_err().to_string();
            assert!(error.contains("must have a name"), "{error}");
        }
    }
}
