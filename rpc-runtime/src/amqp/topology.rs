//! Declaring and checking queues and exchanges, on channels of their own: a refusal closes the channel it came on. Over 300 lines because each question has its own way to be refused.

use lapin::{
    options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::ShortString,
};

use super::{Connection, connect, properties};
use crate::{
    error::{BrokerError, ConnectError, Served},
    message::Headers,
};

/// What a server needs on the broker, in the order it is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Topology {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) bindings: Vec<Binding>,
}

/// An exchange; always durable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) kind: ExchangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeKind {
    Direct,
    Headers,
    Topic,
}

/// A queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) durable: bool,
    /// Of one connection, and gone with its consumer.
    pub(crate) exclusive: bool,
    pub(crate) arguments: Headers,
}

/// What lets messages of an exchange into a queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    pub(crate) queue: String,
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) arguments: Headers,
}

/// How a name was touched when the broker refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    DeclareExchange,
    DeclareQueue,
    BindQueue,
    ConsumeQueue,
}

/// What the broker refused.
#[derive(Debug)]
pub(crate) struct TopologyError {
    pub(crate) touch: Touch,
    pub(crate) name: String,
    pub(crate) source: BrokerError,
}

impl Topology {
    /// Declares everything; `passive` only checks that exchanges and queues exist, and binds nothing.
    pub(crate) async fn declare(&self, connection: &Connection, passive: bool) -> Result<(), TopologyError> {
        // What is exclusive is of no use to another connection.
        let must_be_here = self.queues.iter().any(|queue| queue.exclusive);
        if must_be_here || !connection.has_spent_its_channels() {
            let declared = self.declare_on(connection, passive).await;
            if declared.as_ref().is_err_and(|error| error.source.is_of_channel()) {
                connection.count_spent_channel();
            }
            return declared;
        }
        let (options, inbound) = connection.options();
        let asked = connect(options, inbound, async |other: Connection| {
            let answer = self.declare_on(&other, passive).await;
            other.close().await;
            Ok(answer)
        });
        asked.await.unwrap_or_else(|error: ConnectError| {
            Err(self.not_asked(BrokerError::new(None, error.to_string())))
        })
    }

    async fn declare_on(&self, connection: &Connection, passive: bool) -> Result<(), TopologyError> {
        let refused = |touch, name: &str| {
            let name = name.to_owned();
            move |source| TopologyError { touch, name, source }
        };
        let channel = connection.open_channel().await.map_err(|source| self.not_asked(source))?;
        for exchange in &self.exchanges {
            declare_exchange(&channel, exchange, passive)
                .await
                .map_err(refused(Touch::DeclareExchange, &exchange.name))?;
        }
        for queue in &self.queues {
            declare_queue(&channel, queue, passive)
                .await
                .map_err(refused(Touch::DeclareQueue, &queue.name))?;
        }
        for binding in self.bindings.iter().filter(|_| !passive) {
            bind(&channel, binding).await.map_err(refused(Touch::BindQueue, &binding.queue))?;
        }
        // Idle channels cost the broker a process each; a failure to close is that of the connection, seen elsewhere.
        let _ = channel.close(200, "topology declared".into()).await;
        Ok(())
    }

    /// It did not come to the first question.
    fn not_asked(&self, error: impl Into<BrokerError>) -> TopologyError {
        let queues = self.queues.iter().map(|queue| &queue.name);
        let name = queues.chain(self.bindings.iter().map(|binding| &binding.queue)).next();
        let name = name.cloned().unwrap_or_default();
        TopologyError { touch: Touch::DeclareQueue, name, source: error.into() }
    }
}

impl Topology {
    /// Adds what `other` has and this has not.
    pub(crate) fn extend(&mut self, other: &Self) {
        fn add<T: Clone + PartialEq>(to: &mut Vec<T>, from: &[T]) {
            for one in from {
                if !to.contains(one) {
                    to.push(one.clone());
                }
            }
        }
        add(&mut self.exchanges, &other.exchanges);
        add(&mut self.queues, &other.queues);
        add(&mut self.bindings, &other.bindings);
    }
}

impl Connection {
    /// Takes bindings away. That one is not there is no error.
    pub(crate) async fn unbind(&self, bindings: &[Binding]) -> Result<(), TopologyError> {
        let name = bindings.first().map_or("", |binding| &binding.queue);
        let refused = |source| TopologyError { touch: Touch::BindQueue, name: name.to_owned(), source };
        let channel = self.open_channel().await.map_err(refused)?;
        for binding in bindings {
            if let Err(error) = unbind(&channel, binding).await {
                if error.is_of_channel() {
                    self.count_spent_channel();
                }
                return Err(refused(error));
            }
        }
        let _ = channel.close(200, "unbound".into()).await;
        Ok(())
    }

    /// Whether an exchange exists. The default one always does.
    pub(crate) async fn exchange_exists(&self, name: &str) -> Result<bool, BrokerError> {
        if name.is_empty() {
            return Ok(true);
        }
        let exchange = Exchange { name: name.to_owned(), kind: ExchangeKind::Direct };
        Ok(self.ask(Question::Exchange(exchange)).await? != Answer::Missing)
    }

    /// Who serves a queue. Any user of the virtual host may ask.
    pub(crate) async fn who_serves(&self, queue: &str) -> Result<Served, BrokerError> {
        let name = properties::short("queue", queue).map_err(properties::Unwritable::into_broker_error)?;
        Ok(match self.ask(Question::Queue(name)).await? {
            Answer::Missing => Served::NoQueue,
            Answer::Exists { consumers: 0, waiting } => Served::ByNobody { waiting },
            Answer::Exists { consumers, waiting } => Served::By { consumers, waiting },
        })
    }

    async fn ask(&self, question: Question) -> Result<Answer, BrokerError> {
        if !self.has_spent_its_channels() {
            return self.ask_here(question).await;
        }
        let (options, inbound) = self.options();
        let asked = connect(options, inbound, async |other: Connection| {
            let answer = other.ask_here(question).await;
            other.close().await;
            Ok(answer)
        });
        asked.await.unwrap_or_else(|error: ConnectError| Err(BrokerError::new(None, error.to_string())))
    }

    /// Asks on a channel of its own, which the broker closes when it says no.
    async fn ask_here(&self, question: Question) -> Result<Answer, BrokerError> {
        const NOT_FOUND: u16 = 404;
        let channel = self.open_channel().await?;
        // Goes on until the broker has answered or the connection is gone, whether or not somebody still waits for it: lapin closes a
        // channel that nobody holds, and takes a refusal that crosses its close for the end of the whole connection.
        let asking = tokio::spawn(async move {
            let answer = question.put(&channel).await;
            if answer.is_ok() {
                let _ = channel.close(200, "answered".into()).await;
            }
            answer
        });
        let asked = asking.await.unwrap_or_else(|ended| Err(BrokerError::new(None, ended.to_string())));
        match asked {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.count_spent_channel();
                if error.code() == Some(NOT_FOUND) { Ok(Answer::Missing) } else { Err(error) }
            }
        }
    }

    /// Declares a queue that only this connection uses and that goes with its consumer.
    pub(crate) async fn declare_reply_queue(&self, name: &str) -> Result<(), BrokerError> {
        let channel = self.open_channel().await?;
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        channel.queue_declare(name.into(), options, Default::default()).await?;
        let _ = channel.close(200, "reply queue declared".into()).await;
        Ok(())
    }
}

/// What is asked by a passive declaration.
enum Question {
    Exchange(Exchange),
    Queue(ShortString),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Missing,
    /// The counts are those of a queue.
    Exists {
        consumers: u32,
        waiting: u32,
    },
}

impl Question {
    async fn put(&self, channel: &lapin::Channel) -> Result<Answer, BrokerError> {
        match self {
            Self::Exchange(exchange) => {
                declare_exchange(channel, exchange, true).await?;
                Ok(Answer::Exists { consumers: 0, waiting: 0 })
            }
            Self::Queue(name) => {
                let passive = QueueDeclareOptions { passive: true, ..Default::default() };
                let queue = channel.queue_declare(name.clone(), passive, Default::default()).await?;
                Ok(Answer::Exists { consumers: queue.consumer_count(), waiting: queue.message_count() })
            }
        }
    }
}

async fn declare_exchange(
    channel: &lapin::Channel,
    exchange: &Exchange,
    passive: bool,
) -> Result<(), BrokerError> {
    let kind = match exchange.kind {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Headers => lapin::ExchangeKind::Headers,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
    };
    let name =
        properties::short("exchange", &exchange.name).map_err(properties::Unwritable::into_broker_error)?;
    let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
    Ok(channel.exchange_declare(name, kind, options, Default::default()).await?)
}

async fn declare_queue(channel: &lapin::Channel, queue: &Queue, passive: bool) -> Result<(), BrokerError> {
    let name = properties::short("queue", &queue.name).map_err(properties::Unwritable::into_broker_error)?;
    let Queue { durable, exclusive, .. } = *queue;
    let options =
        QueueDeclareOptions { passive, durable, exclusive, auto_delete: exclusive, ..Default::default() };
    let arguments =
        properties::arguments(&queue.arguments).map_err(properties::Unwritable::into_broker_error)?;
    channel.queue_declare(name.clone(), options, arguments).await?;
    if exclusive {
        // Whether it may be consumed: asked here, where a refusal disturbs nobody, and now, while there is nothing in it.
        channel.basic_get(name, BasicGetOptions::default()).await?;
    }
    Ok(())
}

async fn bind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let queue =
        properties::short("queue", &binding.queue).map_err(properties::Unwritable::into_broker_error)?;
    let exchange = properties::short("exchange", &binding.exchange)
        .map_err(properties::Unwritable::into_broker_error)?;
    let routing_key = properties::short("routing key", &binding.routing_key)
        .map_err(properties::Unwritable::into_broker_error)?;
    let arguments =
        properties::arguments(&binding.arguments).map_err(properties::Unwritable::into_broker_error)?;
    Ok(channel.queue_bind(queue, exchange, routing_key, QueueBindOptions::default(), arguments).await?)
}

async fn unbind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let short =
        |what, text: &str| properties::short(what, text).map_err(properties::Unwritable::into_broker_error);
    let queue = short("queue", &binding.queue)?;
    let exchange = short("exchange", &binding.exchange)?;
    let routing_key = short("routing key", &binding.routing_key)?;
    let arguments =
        properties::arguments(&binding.arguments).map_err(properties::Unwritable::into_broker_error)?;
    Ok(channel.queue_unbind(queue, exchange, routing_key, arguments).await?)
}
