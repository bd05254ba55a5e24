//! A subscription: which events of a service a server receives, as a member of a group or alone.

use super::{
    pattern::{Patterns, check_patterns, patterns},
    queue_options::QueueOptions,
};
use crate::{
    contract::{Event, MethodKind, ServiceDef},
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
    pub(crate) blocking: Vec<String>,
}

/// A group of servers, or one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subscriber {
    Group(String),
    Listener,
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

    /// Runs the handlers of these events on threads that they may block, as
    /// [`ServiceOptions::blocking`](crate::server::ServiceOptions::blocking) does with methods. They are named as
    /// on the wire, such as `prices.changed`.
    pub fn blocking<N: Into<String>>(mut self, events: impl IntoIterator<Item = N>) -> Self {
        self.blocking.extend(events.into_iter().map(Into::into));
        self
    }

    fn by(by: Subscriber) -> Self {
        Self { by, patterns: Patterns::new(), queue_options: None, blocking: Vec::new() }
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
        check_handlers(service)?;
        check_patterns(&self.patterns, service)
    }
}

/// Refuses handlers of several services, and several handlers of one event. A generated service has neither.
fn check_handlers(service: &'static ServiceDef) -> Result<(), StartError> {
    for (index, method) in service.methods.iter().enumerate() {
        let name = method.full_name;
        if method.service != service.name {
            return Err(StartError::InvalidOption(format!(
                "`{name}` is no event of `{}`; handle the events of each service in a subscription of their own",
                service.name
            )));
        }
        if service.methods[..index].iter().any(|earlier| earlier.full_name == name) {
            let text = format!("`{name}` has two handlers in one subscription; give it one");
            return Err(StartError::InvalidOption(text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::MethodDef, server::config::pattern::Pattern};

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
