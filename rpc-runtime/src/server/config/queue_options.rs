//! The options of a server's queues, and which program declares them.

use amqp_rpc_transport::{HeaderValue, Headers};

/// Which program declares exchanges, queues and bindings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Declare {
    /// The server declares everything it needs. What exists already must have the same properties.
    #[default]
    All,
    /// Another program does. The server only checks that exchanges and queues exist, whatever their
    /// arguments, and binds nothing. Exchanges that its user may not look up (RabbitMQ since 4.3, without any
    /// permission on them) are not checked.
    Passive,
    /// Another program does, and the server checks nothing when it starts. It checks that a queue exists
    /// before it consumes it again, after a reconnect or when the broker has cancelled the consumer.
    None,
}

/// The type of a queue, which decides where it keeps its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueType {
    /// On one node: the lowest latency.
    #[default]
    Classic,
    /// Replicated, with a delivery limit: for requests that must survive the loss of a node. Broker CPU and
    /// latency are about twice those of a classic queue.
    Quorum,
    /// Whatever the broker's default is: `x-queue-type` is not sent.
    BrokerDefault,
}

/// The argument by which one consumer of a queue at a time receives its messages.
pub(crate) const SINGLE_ACTIVE_CONSUMER: &str = "x-single-active-consumer";

/// The options that a server declares its queues with.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct QueueOptions {
    queue_type: QueueType,
    durable: bool,
    dead_letters: bool,
    delivery_limit: Option<u32>,
    max_length: Option<u32>,
    arguments: Headers,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self {
            queue_type: QueueType::Classic,
            durable: true,
            dead_letters: true,
            delivery_limit: None,
            max_length: None,
            arguments: Headers::new(),
        }
    }
}

impl QueueOptions {
    /// A durable classic queue whose failed requests go to `{queue}.dead`.
    pub fn new() -> Self {
        Self::default()
    }

    /// A queue with no arguments at all and no dead letters, as the `RabbitMQ` tutorials declare theirs: for
    /// queues that other programs declare as well.
    pub fn plain() -> Self {
        Self { queue_type: QueueType::BrokerDefault, dead_letters: false, ..Self::default() }
    }

    /// Sets the queue type: classic, quorum, or the broker's default. Default: classic.
    pub fn queue_type(mut self, queue_type: QueueType) -> Self {
        self.queue_type = queue_type;
        self
    }

    /// Limits how often a quorum queue delivers a request; then it goes to the dead letters. Default 20, as
    /// in `RabbitMQ` since 4.0. Other queues do not count deliveries.
    pub fn delivery_limit(mut self, deliveries: u32) -> Self {
        self.delivery_limit = Some(deliveries);
        self
    }

    /// Limits how many requests may wait in the queue. The broker moves a further one to `{queue}.overflow`,
    /// where the server answers it `overloaded` at once, so that its caller need not wait for its timeout.
    /// The sender of a notification gets [`Nacked`](crate::CallError::Nacked) from the broker, and the
    /// notification is logged and dropped. So is a request without reply address; its publisher learns it
    /// only by publisher confirms. LavinMQ returns a request that does not fit to its client, which reports
    /// `overloaded` then. Default: no limit. Classic queues with dead letters only.
    pub fn max_length(mut self, requests: u32) -> Self {
        self.max_length = Some(requests);
        self
    }

    /// Sets whether the queue survives a restart of the broker. Default: yes. `RabbitMQ` deprecates queues
    /// that do not, and warns of them in its log.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Declares no queue for dead letters: requests without a caller that fail are dropped.
    pub fn without_dead_letters(mut self) -> Self {
        self.dead_letters = false;
        self
    }

    /// Sets any other argument, such as `x-max-priority`. Wins over those that the other options make.
    pub fn argument(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.arguments.insert(name, value);
        self
    }

    /// The options that matter to a server that does not declare its queues.
    pub(crate) fn of_others(self) -> Self {
        Self { dead_letters: false, max_length: None, arguments: Headers::new(), ..self }
    }

    pub(crate) fn has_overflow(&self) -> bool {
        self.max_length.is_some()
    }

    /// Refuses options that would lose requests silently.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_bounded =
            ["x-max-length", "x-max-length-bytes"].iter().any(|name| self.arguments.get(name).is_some());
        if is_bounded {
            return Err(
                "a full queue drops requests silently, and their callers wait for their timeout; use `max_length`",
            );
        }
        if self.max_length.is_some() && self.arguments.get("x-overflow").is_some() {
            return Err("`max_length` sets `x-overflow` itself; remove the argument");
        }
        if self.max_length.is_some() && !(self.queue_type == QueueType::Classic && self.dead_letters) {
            return Err("only a classic queue with dead letters can have a `max_length`");
        }
        Ok(())
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.durable
    }

    pub(crate) fn has_dead_letters(&self) -> bool {
        self.dead_letters
    }

    /// The type of the queue for its dead letters. With one that is on a single node, a server could not
    /// declare what it needs while that node is down, however many nodes have the requests.
    pub(crate) fn dead_letter_queue_type(&self) -> &'static str {
        match self.queue_type {
            QueueType::Quorum => "quorum",
            QueueType::Classic | QueueType::BrokerDefault => "classic",
        }
    }

    /// Returns whether a queue of events drops the oldest when it is full.
    pub(crate) fn is_bounded(&self) -> bool {
        let argument = |name| self.arguments.get(name).is_some();
        self.max_length.is_some() || argument("x-max-length") || argument("x-max-length-bytes")
    }

    /// The arguments of a queue of events. From a full one the oldest are dropped: a slow group must not
    /// delay publishers.
    pub(crate) fn arguments_for_events(&self, dead_letter_exchange: &str) -> Headers {
        let mut arguments = Self { max_length: None, ..self.clone() }.arguments(dead_letter_exchange);
        if let Some(events) = self.max_length {
            arguments.insert("x-max-length", i64::from(events));
        }
        arguments
    }

    /// The options that matter to a listener's queue, which lives as long as a connection.
    pub(crate) fn of_listener(&self) -> Self {
        Self { max_length: self.max_length, dead_letters: false, durable: false, ..Self::default() }
    }

    /// The arguments of a queue of requests, where `overflow` takes those that it has no room for.
    ///
    /// The broker moves there whatever leaves a bounded queue unanswered: by name, because what a headers
    /// exchange can match is written at a message's first death only.
    pub(crate) fn arguments_for_requests(&self, dead_letter_exchange: &str, overflow: &str) -> Headers {
        let mut arguments = self.arguments(dead_letter_exchange);
        if self.has_overflow() && arguments.text("x-dead-letter-exchange") == Some(dead_letter_exchange) {
            arguments.insert("x-dead-letter-exchange", "");
            arguments.insert("x-dead-letter-routing-key", overflow);
        }
        arguments
    }

    /// The arguments of a queue that holds a counter, which must not be lost however often it is delivered.
    pub(crate) fn arguments_for_counter(&self) -> Headers {
        const NEVER: i64 = 1_000_000_000;
        let mut arguments = Headers::new();
        match self.queue_type {
            QueueType::Classic => arguments.insert("x-queue-type", "classic"),
            QueueType::Quorum => {
                arguments.insert("x-queue-type", "quorum");
                arguments.insert("x-delivery-limit", NEVER);
            }
            QueueType::BrokerDefault => {}
        }
        arguments.insert(SINGLE_ACTIVE_CONSUMER, true);
        arguments
    }

    /// The arguments of the queue; `dead_letter_exchange` takes what was rejected.
    fn arguments(&self, dead_letter_exchange: &str) -> Headers {
        const DELIVERY_LIMIT: u32 = 20;
        let mut arguments = Headers::new();
        match self.queue_type {
            QueueType::Classic => arguments.insert("x-queue-type", "classic"),
            QueueType::Quorum => {
                arguments.insert("x-queue-type", "quorum");
                let limit = self.delivery_limit.unwrap_or(DELIVERY_LIMIT);
                arguments.insert("x-delivery-limit", i64::from(limit));
            }
            QueueType::BrokerDefault => {}
        }
        if self.dead_letters {
            arguments.insert("x-dead-letter-exchange", dead_letter_exchange);
        }
        if let Some(requests) = self.max_length {
            arguments.insert("x-max-length", i64::from(requests));
            arguments.insert("x-overflow", "reject-publish-dlx");
        }
        for (name, value) in self.arguments.iter() {
            arguments.insert(name, value.clone());
        }
        arguments
    }
}
