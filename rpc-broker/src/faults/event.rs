//! Which methods on the wire a rule fits.

use std::{fmt, sync::Arc};

use super::Method;
use crate::recorder::Observed;

/// Which way something travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From a client to the broker.
    FromClient,
    /// From the broker to a client.
    ToClient,
}

/// Describes methods on the wire: for rules, which ones to disturb; in a recording, which ones to look for.
///
/// Each call narrows it down. What a method does not say does not fit: a `basic.deliver` names no queue, so nothing with
/// [`queue`](Self::queue) fits it.
///
/// ```
/// # use amqp_rpc_broker::faults::{Event, Method};
/// // The third reply that the server called "billing" publishes.
/// let third_reply = Event::from_client(Method::BasicPublish).connection("billing").exchange("").nth(3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    direction: Option<Direction>,
    method: Option<Method>,
    /// Of a single connection, whatever it is called.
    connection_id: Option<u64>,
    connection: Option<String>,
    user: Option<String>,
    vhost: Option<String>,
    channel: Option<u16>,
    queue: Option<String>,
    exchange: Option<String>,
    routing_key: Option<String>,
    predicate: Option<Predicate>,
    /// Without a method, heartbeats fit as well.
    heartbeats: bool,
    /// How many are let go first.
    skipped: usize,
    /// How many are disturbed then.
    times: usize,
}

impl Event {
    /// A method that a client sends.
    #[must_use]
    pub fn from_client(method: Method) -> Self {
        Self { direction: Some(Direction::FromClient), method: Some(method), ..Self::any() }
    }

    /// A method that the broker sends.
    #[must_use]
    pub fn to_client(method: Method) -> Self {
        Self { direction: Some(Direction::ToClient), method: Some(method), ..Self::any() }
    }

    /// Any method in this direction; heartbeats are none.
    #[must_use]
    pub fn any_in(direction: Direction) -> Self {
        Self { direction: Some(direction), ..Self::any() }
    }

    /// Any method in either direction; heartbeats are none.
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

    /// All that travels on one connection in one direction.
    pub(crate) fn all_of(connection_id: u64, direction: Direction) -> Self {
        Self { connection_id: Some(connection_id), heartbeats: true, ..Self::any_in(direction) }
    }

    /// On connections whose client calls itself this (the client property `connection_name`; empty without one).
    #[must_use]
    pub fn connection(mut self, name: &str) -> Self {
        self.connection = Some(name.to_owned());
        self
    }

    /// On connections of this user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// On connections to this virtual host.
    #[must_use]
    pub fn vhost(mut self, vhost: &str) -> Self {
        self.vhost = Some(vhost.to_owned());
        self
    }

    /// On the channel with this number.
    #[must_use]
    pub fn channel(mut self, channel: u16) -> Self {
        self.channel = Some(channel);
        self
    }

    /// That names this queue.
    #[must_use]
    pub fn queue(mut self, queue: &str) -> Self {
        self.queue = Some(queue.to_owned());
        self
    }

    /// That names this exchange; the default one is `""`.
    #[must_use]
    pub fn exchange(mut self, exchange: &str) -> Self {
        self.exchange = Some(exchange.to_owned());
        self
    }

    /// With this routing key.
    #[must_use]
    pub fn routing_key(mut self, routing_key: &str) -> Self {
        self.routing_key = Some(routing_key.to_owned());
        self
    }

    /// That a function says yes to; it is asked last, on a thread of the broker, and should not take long. Two events with functions
    /// are equal only when one is a clone of the other.
    ///
    /// ```
    /// # use amqp_rpc_broker::faults::{Event, Method};
    /// let large = Event::from_client(Method::BasicPublish).matching(|publish| publish.body().len() > 1000);
    /// ```
    #[must_use]
    pub fn matching(mut self, predicate: impl Fn(&Observed) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Predicate(Arc::new(predicate)));
        self
    }

    /// Only the `n`-th of those that fit, counted from 1 since the rule was made.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        self.after(n.saturating_sub(1)).times(1)
    }

    /// Not the first `n` of those that fit.
    #[must_use]
    pub fn after(mut self, n: usize) -> Self {
        self.skipped = n;
        self
    }

    /// At most `n` of those that fit.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = n;
        self
    }

    /// Whether it describes this, its counts aside.
    #[must_use]
    pub fn fits(&self, observed: &Observed) -> bool {
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

    /// Whether something is to happen to the one that fits after `earlier` others.
    pub(super) fn is_due(&self, earlier: usize) -> bool {
        earlier >= self.skipped && earlier - self.skipped < self.times
    }
}

fn is<'a>(wanted: Option<&String>, said: impl FnOnce() -> Option<&'a str>) -> bool {
    wanted.is_none_or(|wanted| said() == Some(wanted.as_str()))
}

#[derive(Clone)]
struct Predicate(Arc<dyn Fn(&Observed) -> bool + Send + Sync>);

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

    fn due(event: &Event) -> Vec<usize> {
        (1..=6).filter(|nth| event.is_due(nth - 1)).collect()
    }

    #[test]
    fn counts_are_of_those_that_fit() {
        assert_eq!(due(&Event::any()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(due(&Event::any().nth(3)), [3]);
        assert_eq!(due(&Event::any().after(2)), [3, 4, 5, 6]);
        assert_eq!(due(&Event::any().times(2)), [1, 2]);
        assert_eq!(due(&Event::any().after(1).times(2)), [2, 3]);
        assert_eq!(due(&Event::any().times(0)), [0; 0]);
    }
}
