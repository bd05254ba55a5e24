//! Declares a topology, and removes bindings: everything is sent at once, in its order, so that a broker that
//! is far away or slow costs one wait and not one for each part.

use std::fmt;

use futures_util::future::try_join;
use lapin::{
    options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};

use super::{
    Binding, Exchange, ExchangeKind, Operation, Queue, Topology, TopologyError,
    new_connection::on_new_connection,
};
use crate::{
    connection::Connection,
    convert::{self, short_string},
    encode::EncodeError,
    error::BrokerError,
    pipeline::{Request, pipelined},
};

impl Topology {
    /// Declares everything. With `passive` it only checks that the exchanges and queues exist, and binds
    /// nothing.
    ///
    /// # Errors
    /// At the first refused declaration. Earlier ones stay.
    pub async fn declare(&self, connection: &Connection, passive: bool) -> Result<(), TopologyError> {
        // Only the connection that declares an exclusive queue may use it.
        let has_exclusive = self.queues.iter().any(|queue| queue.exclusive);
        if has_exclusive || !connection.has_leaked_too_many_channels() {
            let declared = self.declare_on(connection, passive).await;
            if declared.as_ref().is_err_and(|error| error.source.is_channel_error()) {
                connection.count_leaked_channel();
            }
            return declared;
        }
        on_new_connection(connection, async |other| self.declare_on(&other, passive).await)
            .await
            .unwrap_or_else(|source| Err(self.not_started(source)))
    }

    async fn declare_on(&self, connection: &Connection, passive: bool) -> Result<(), TopologyError> {
        let channel = connection.open_channel().await.map_err(|source| self.not_started(source))?;
        let declarations = self.declarations(passive);
        let total = declarations.len();
        let requests =
            declarations.iter().map(|declaration| declaration.request(&channel, passive)).collect();
        pipelined(requests, |answered| {
            let next = &declarations[answered];
            connection.waits_for(format!("{next} ({answered} of {total} declarations are made)"));
        })
        .await?;
        // An idle channel costs the broker a process. An error here is one of the connection, and is reported
        // elsewhere.
        let _ = channel.close(200, "topology declared".into()).await;
        Ok(())
    }

    /// In the order in which they need each other.
    fn declarations(&self, passive: bool) -> Vec<Declaration<'_>> {
        let exchanges = self.exchanges.iter().map(Declaration::Exchange);
        let queues = self.queues.iter().map(Declaration::Queue);
        let bindings = self.bindings.iter().filter(|_| !passive).map(Declaration::Binding);
        exchanges.chain(queues).chain(bindings).collect()
    }

    /// The error of a declaration that failed before its first operation.
    fn not_started(&self, source: BrokerError) -> TopologyError {
        let queues = self.queues.iter().map(|queue| &queue.name);
        let name = queues.chain(self.bindings.iter().map(|binding| &binding.queue)).next();
        let name = name.cloned().unwrap_or_default();
        TopologyError { operation: Operation::DeclareQueue, name, source }
    }
}

/// One part of a topology.
enum Declaration<'a> {
    Exchange(&'a Exchange),
    Queue(&'a Queue),
    Binding(&'a Binding),
}

impl Declaration<'_> {
    /// Sends it on the first poll, and waits for the answer.
    async fn send(&self, channel: &lapin::Channel, passive: bool) -> Result<(), BrokerError> {
        match self {
            Self::Exchange(exchange) => declare_exchange(channel, exchange, passive).await,
            Self::Queue(queue) => declare_queue(channel, queue, passive).await,
            Self::Binding(binding) => bind(channel, binding).await,
        }
    }

    fn request<'a>(&'a self, channel: &'a lapin::Channel, passive: bool) -> Request<'a, TopologyError> {
        Box::pin(async move { self.send(channel, passive).await.map_err(|source| self.refused(source)) })
    }

    fn refused(&self, source: BrokerError) -> TopologyError {
        let (operation, name) = match self {
            Self::Exchange(exchange) => (Operation::DeclareExchange, &exchange.name),
            Self::Queue(queue) => (Operation::DeclareQueue, &queue.name),
            Self::Binding(binding) => (Operation::BindQueue, &binding.queue),
        };
        TopologyError { operation, name: name.clone(), source }
    }
}

impl fmt::Display for Declaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange(exchange) => write!(f, "declare exchange `{}`", exchange.name),
            Self::Queue(queue) => write!(f, "declare queue `{}`", queue.name),
            Self::Binding(binding) => {
                write!(f, "bind queue `{}` to exchange `{}`", binding.queue, binding.exchange)
            }
        }
    }
}

impl Connection {
    /// Removes bindings. A binding that does not exist is not an error.
    ///
    /// # Errors
    /// At the first binding that the broker refuses to remove.
    pub async fn unbind(&self, bindings: &[Binding]) -> Result<(), TopologyError> {
        let name = bindings.first().map_or("", |binding| &binding.queue);
        let refused =
            |source| TopologyError { operation: Operation::BindQueue, name: name.to_owned(), source };
        let channel = self.open_channel().await.map_err(refused)?;
        let unbinding =
            bindings.iter().map(|binding| Box::pin(unbind(&channel, binding)) as Request<'_, BrokerError>);
        if let Err(error) = pipelined(unbinding.collect(), |_| {}).await {
            if error.is_channel_error() {
                self.count_leaked_channel();
            }
            return Err(refused(error));
        }
        let _ = channel.close(200, "unbound".into()).await;
        Ok(())
    }

    /// Declares an exclusive queue for replies, which the broker deletes with its consumer.
    ///
    /// # Errors
    /// When the broker refuses it, or the connection was lost.
    pub async fn declare_reply_queue(&self, name: &str) -> Result<(), BrokerError> {
        let channel = self.open_channel().await?;
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        channel.queue_declare(name.into(), options, Default::default()).await?;
        let _ = channel.close(200, "reply queue declared".into()).await;
        Ok(())
    }
}

pub(super) async fn declare_exchange(
    channel: &lapin::Channel,
    exchange: &Exchange,
    passive: bool,
) -> Result<(), BrokerError> {
    let name = short_string("exchange", &exchange.name)?;
    let kind = match exchange.kind {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
        ExchangeKind::Headers => lapin::ExchangeKind::Headers,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
    };
    let options = exchange_options(exchange, passive);
    Ok(channel.exchange_declare(name, kind, options, Default::default()).await?)
}

fn exchange_options(exchange: &Exchange, passive: bool) -> ExchangeDeclareOptions {
    let Exchange { durable, auto_delete, .. } = *exchange;
    ExchangeDeclareOptions { passive, durable, auto_delete, ..Default::default() }
}

fn queue_options(queue: &Queue, passive: bool) -> QueueDeclareOptions {
    let Queue { durable, exclusive, auto_delete, .. } = *queue;
    QueueDeclareOptions { passive, durable, exclusive, auto_delete, ..Default::default() }
}

async fn declare_queue(channel: &lapin::Channel, queue: &Queue, passive: bool) -> Result<(), BrokerError> {
    let name = short_string("queue", &queue.name)?;
    let options = queue_options(queue, passive);
    let arguments = convert::arguments(&queue.arguments)?;
    let declaring = async { channel.queue_declare(name.clone(), options, arguments).await.map(drop) };
    if !queue.exclusive {
        return Ok(declaring.await?);
    }
    // Checks the permission to consume: on this channel, where a refusal affects nothing else, and while the
    // queue is empty. Sent with the declaration, in this order.
    let getting = async { channel.basic_get(name.clone(), BasicGetOptions::default()).await.map(drop) };
    try_join(declaring, getting).await?;
    Ok(())
}

async fn bind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let EncodedBinding { queue, exchange, routing_key, arguments } = EncodedBinding::new(binding)?;
    Ok(channel.queue_bind(queue, exchange, routing_key, QueueBindOptions::default(), arguments).await?)
}

async fn unbind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let EncodedBinding { queue, exchange, routing_key, arguments } = EncodedBinding::new(binding)?;
    Ok(channel.queue_unbind(queue, exchange, routing_key, arguments).await?)
}

/// A [`Binding`] in lapin's types.
struct EncodedBinding {
    queue: ShortString,
    exchange: ShortString,
    routing_key: ShortString,
    arguments: FieldTable,
}

impl EncodedBinding {
    fn new(binding: &Binding) -> Result<Self, EncodeError> {
        Ok(Self {
            queue: short_string("queue", &binding.queue)?,
            exchange: short_string("exchange", &binding.exchange)?,
            routing_key: short_string("routing key", &binding.routing_key)?,
            arguments: convert::arguments(&binding.arguments)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Headers;

    #[test]
    fn an_exchange_is_declared_as_durable_and_auto_delete_as_it_says() {
        let [durable, transient] =
            [Exchange::durable, Exchange::transient].map(|new| new("e", ExchangeKind::Direct));
        for (exchange, expected) in [
            (durable.clone(), (true, false)),
            (durable.auto_delete(), (true, true)),
            (transient.clone(), (false, false)),
            (transient.auto_delete(), (false, true)),
        ] {
            let options = exchange_options(&exchange, false);
            assert_eq!((options.durable, options.auto_delete), expected, "{exchange:?}");
            assert!(!options.passive && !options.internal && !options.nowait, "{exchange:?}");
            assert!(exchange_options(&exchange, true).passive, "{exchange:?}");
        }
    }

    #[test]
    fn a_queue_is_declared_as_durable_exclusive_and_auto_delete_as_it_says() {
        let durable = Queue::durable("q", Headers::new());
        let transient = Queue::transient("q", Headers::new());
        let exclusive = Queue { exclusive: true, ..transient.clone() };
        for (queue, expected) in [
            (durable.clone(), (true, false, false)),
            (durable.auto_delete(), (true, false, true)),
            (transient.clone(), (false, false, false)),
            (transient.auto_delete(), (false, false, true)),
            (exclusive.clone(), (false, true, false)),
            (exclusive.auto_delete(), (false, true, true)),
        ] {
            let options = queue_options(&queue, false);
            let declared = (options.durable, options.exclusive, options.auto_delete);
            assert_eq!(declared, expected, "{queue:?}");
            assert!(!options.passive && !options.nowait, "{queue:?}");
            assert!(queue_options(&queue, true).passive, "{queue:?}");
        }
    }
}
