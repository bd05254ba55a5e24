//! Matches methods on the wire, for rules and recordings.

use std::{fmt, sync::Arc};

use super::{Direction, Method, ObservedMethod, impossible};

/// Matches methods on the wire: those that a rule applies to, or those to look for in a recording.
///
/// Each call adds a condition. A method that lacks an argument does not match a condition on it. A rule or a
/// wait for a method that [can never match](Self::why_impossible) panics.
///
/// ```
/// # use amqp_rpc_broker::faults::{Matcher, Method};
/// // The third reply that the connection "billing" publishes.
/// let third_reply = Matcher::from_client(Method::BasicPublish).connection("billing").exchange("").nth(3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    direction: Option<Direction>,
    method: Option<Method>,
    /// A single connection, by number.
    connection_id: Option<u64>,
    connection: Option<String>,
    user: Option<String>,
    vhost: Option<String>,
    channel: Option<u16>,
    queue: Option<String>,
    exchange: Option<String>,
    routing_key: Option<String>,
    predicate: Option<Predicate>,
    /// Whether heartbeats match as well when no method is given.
    heartbeats: bool,
    /// How many matching methods are skipped first.
    skipped: usize,
    /// How many matching methods count after those.
    times: usize,
}

impl Matcher {
    /// Matches a method from a client.
    #[must_use]
    pub fn from_client(method: Method) -> Self {
        Self { direction: Some(Direction::FromClient), method: Some(method), ..Self::any() }
    }

    /// Matches a method from the broker.
    #[must_use]
    pub fn to_client(method: Method) -> Self {
        Self { direction: Some(Direction::ToClient), method: Some(method), ..Self::any() }
    }

    /// Matches any method in this direction, but no heartbeat.
    #[must_use]
    pub fn any_in(direction: Direction) -> Self {
        Self { direction: Some(direction), ..Self::any() }
    }

    /// Matches any method in either direction, but no heartbeat.
    #[must_use]
    pub fn any() -> Self {
        Self {
            direction: None,
            method: None,
            connection_id: None,
            connection: None,
            user: None,
            vhost: None,
            channel: None,
            queue: None,
            exchange: None,
            routing_key: None,
            predicate: None,
            heartbeats: false,
            skipped: 0,
            times: usize::MAX,
        }
    }

    /// Matches everything on one connection in one direction, heartbeats included.
    pub(crate) fn all_of(connection_id: u64, direction: Direction) -> Self {
        Self { connection_id: Some(connection_id), heartbeats: true, ..Self::any_in(direction) }
    }

    /// Matches connections of this name (the client property `connection_name`; empty without one).
    #[must_use]
    pub fn connection(mut self, name: &str) -> Self {
        self.connection = Some(name.to_owned());
        self
    }

    /// Matches connections of this user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Matches connections to this virtual host.
    #[must_use]
    pub fn vhost(mut self, vhost: &str) -> Self {
        self.vhost = Some(vhost.to_owned());
        self
    }

    /// Matches the channel with this number.
    #[must_use]
    pub fn channel(mut self, channel: u16) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Matches methods that name this queue, and messages that come from it (`basic.deliver`,
    /// `basic.get-ok`).
    #[must_use]
    pub fn queue(mut self, queue: &str) -> Self {
        self.queue = Some(queue.to_owned());
        self
    }

    /// Matches methods that name this exchange. The default exchange is `""`.
    #[must_use]
    pub fn exchange(mut self, exchange: &str) -> Self {
        self.exchange = Some(exchange.to_owned());
        self
    }

    /// Matches methods with this routing key.
    #[must_use]
    pub fn routing_key(mut self, routing_key: &str) -> Self {
        self.routing_key = Some(routing_key.to_owned());
        self
    }

    /// Matches methods for which a function returns true. It is called last, on a thread of the broker, and
    /// should not take long. Two matchers with functions are equal only when one is a clone of the other.
    ///
    /// ```
    /// # use amqp_rpc_broker::faults::{Matcher, Method};
    /// let large = Matcher::from_client(Method::BasicPublish).matching(|publish| publish.body().len() > 1000);
    /// ```
    #[must_use]
    pub fn matching(mut self, predicate: impl Fn(&ObservedMethod) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Predicate(Arc::new(predicate)));
        self
    }

    /// Matches only the `n`-th matching method, counted from 1 since the rule was added.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        self.after(n.saturating_sub(1)).times(1)
    }

    /// Skips the first `n` matching methods.
    #[must_use]
    pub fn after(mut self, n: usize) -> Self {
        self.skipped = n;
        self
    }

    /// Matches at most `n` methods.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = n;
        self
    }

    /// Returns whether a method matches. Counts such as [`nth`](Self::nth) are ignored.
    #[must_use]
    pub fn matches(&self, observed: &ObservedMethod) -> bool {
        let heartbeat = observed.method() == Method::Heartbeat;
        self.direction.is_none_or(|direction| direction == observed.direction())
            && self.method.map_or(self.heartbeats || !heartbeat, |method| method == observed.method())
            && self.connection_id.is_none_or(|id| id == observed.connection_id())
            && is(self.connection.as_ref(), || Some(observed.connection()))
            && is(self.user.as_ref(), || Some(observed.user()))
            && is(self.vhost.as_ref(), || Some(observed.vhost()))
            && self.channel.is_none_or(|channel| channel == observed.channel())
            && is(self.queue.as_ref(), || observed.queue())
            && is(self.exchange.as_ref(), || observed.exchange())
            && is(self.routing_key.as_ref(), || observed.routing_key())
            && self.predicate.as_ref().is_none_or(|Predicate(predicate)| predicate(observed))
    }

    /// Says why the matcher can never match, if that is certain: the method never travels in this direction,
    /// or it has no such argument.
    #[must_use]
    pub fn why_impossible(&self) -> Option<String> {
        let method = self.method?;
        match (self.direction, impossible::only_direction(method)) {
            (Some(Direction::FromClient), Some(Direction::ToClient)) => {
                return Some(format!("`{method}` only comes to clients: use `to_client`"));
            }
            (Some(Direction::ToClient), Some(Direction::FromClient)) => {
                return Some(format!("`{method}` only comes from clients: use `from_client`"));
            }
            _ => {}
        }
        let lacks = |is_wanted, has: fn(Method) -> bool| is_wanted && !has(method);
        if lacks(self.queue.is_some(), impossible::names_queue) {
            Some(format!("`{method}` names no queue"))
        } else if lacks(self.exchange.is_some(), impossible::names_exchange) {
            Some(format!("`{method}` names no exchange"))
        } else if lacks(self.routing_key.is_some(), impossible::has_routing_key) {
            Some(format!("`{method}` has no routing key"))
        } else {
            None
        }
    }

    /// Panics if the matcher can never match: a test would wait in vain, or pass without its fault.
    #[track_caller]
    pub(crate) fn assert_possible(&self) {
        if let Some(why) = self.why_impossible() {
            panic!("this can never match: {why}");
        }
    }

    /// Returns whether a matching method counts that comes after `earlier` others.
    pub(super) fn is_due(&self, earlier: usize) -> bool {
        earlier >= self.skipped && earlier - self.skipped < self.times
    }
}

fn is<'a>(wanted: Option<&String>, actual: impl FnOnce() -> Option<&'a str>) -> bool {
    wanted.is_none_or(|wanted| actual() == Some(wanted.as_str()))
}

#[derive(Clone)]
struct Predicate(Arc<dyn Fn(&ObservedMethod) -> bool + Send + Sync>);

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}

impl PartialEq for Predicate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(matcher: &Matcher) -> Vec<usize> {
        (1..=6).filter(|nth| matcher.is_due(nth - 1)).collect()
    }

    #[test]
    fn counts_are_of_matching_methods() {
        assert_eq!(due(&Matcher::any()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(due(&Matcher::any().nth(3)), [3]);
        assert_eq!(due(&Matcher::any().after(2)), [3, 4, 5, 6]);
        assert_eq!(due(&Matcher::any().times(2)), [1, 2]);
        assert_eq!(due(&Matcher::any().after(1).times(2)), [2, 3]);
        assert_eq!(due(&Matcher::any().times(0)), [0; 0]);
    }
}
