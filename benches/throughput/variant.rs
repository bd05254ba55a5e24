//! The variants that are compared, and the names that each uses on the broker.

/// The exchange of requests, and the beginning of all other names.
pub(crate) const EXCHANGE: &str = "throughput";
/// The group that receives the events.
pub(crate) const GROUP: &str = "readers";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// This library.
    AmqpRpc,
    /// This library, with calls that share messages.
    Coalesced,
    /// This library, with a lock for each number: it is always free.
    Locked,
    /// This library, with one lock for all calls: all but one wait for it.
    OneByOne,
    /// The best that is known with lapin by hand, in the same mode and with the same properties.
    Best,
    /// Lapin as people write it: a task per request, every write awaited, prefetch 256.
    Spawn,
    /// The same without tasks: one request after the other.
    Inline,
    /// The same with the tutorials' prefetch of one.
    Tutorial,
    /// Notifications, with this library.
    Notify,
    /// Notifications with lapin by hand.
    NotifyBest,
    /// Events, with this library.
    Event,
    /// Events with lapin by hand.
    EventBest,
}

impl Variant {
    /// The variants that make calls; the others publish one-way messages.
    pub(crate) const CALLS: [Self; 6] =
        [Self::AmqpRpc, Self::Coalesced, Self::Best, Self::Spawn, Self::Inline, Self::Tutorial];
    /// Calls of methods with locks, which are measured where they are named.
    const LOCKED: [Self; 2] = [Self::Locked, Self::OneByOne];
    const ONE_WAY: [Self; 4] = [Self::Notify, Self::NotifyBest, Self::Event, Self::EventBest];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::CALLS.into_iter().chain(Self::LOCKED).chain(Self::ONE_WAY)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AmqpRpc => "amqp-rpc",
            Self::Coalesced => "amqp-rpc-coalesced",
            Self::Locked => "locked",
            Self::OneByOne => "one-by-one",
            Self::Best => "best",
            Self::Spawn => "spawn",
            Self::Inline => "inline",
            Self::Tutorial => "tutorial",
            Self::Notify => "notify",
            Self::NotifyBest => "notify-best",
            Self::Event => "event",
            Self::EventBest => "event-best",
        }
    }

    pub(crate) fn is_event(self) -> bool {
        matches!(self, Self::Event | Self::EventBest)
    }

    /// The queue of its requests or messages.
    pub(crate) fn queue(self) -> String {
        if Self::ONE_WAY.contains(&self) {
            let queue = if self.is_event() { format!("news.events.{GROUP}") } else { "news".into() };
            format!("{}.{queue}", self.namespace())
        } else if self == Self::Coalesced {
            format!("{}.{}", self.namespace(), Self::AmqpRpc.queue())
        } else {
            format!("{EXCHANGE}.{}", self.name())
        }
    }

    /// The exchange that it publishes to.
    pub(crate) fn exchange(self) -> String {
        if self == Self::Coalesced {
            return format!("{}.{EXCHANGE}", self.namespace());
        }
        if !Self::ONE_WAY.contains(&self) {
            return EXCHANGE.into();
        }
        let exchange = if self.is_event() { "events" } else { "requests" };
        format!("{}.{exchange}", self.namespace())
    }

    /// The namespace of its one-way messages, and of calls that share messages.
    pub(crate) fn namespace(self) -> String {
        format!("{EXCHANGE}.{}", self.name())
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = Self::all().find(|variant| variant.name() == name);
        found.ok_or_else(|| format!("no variant is called {name:?}; --help lists them"))
    }
}
