//! Declaring a topology, and taking bindings away.

use lapin::options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};

use super::{Binding, Exchange, ExchangeKind, Queue, Topology, TopologyError, Touch};
use crate::{
    connect::connect,
    connection::Connection,
    convert,
    error::{BrokerError, ConnectError},
};

impl Topology {
    /// Declares everything; `passive` only checks that exchanges and queues exist, and binds nothing.
    pub async fn declare(&self, connection: &Connection, passive: bool) -> Result<(), TopologyError> {
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
        // Idle channels cost the broker a process each; a failure to close is that of the connection, seen
        // elsewhere.
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

impl Connection {
    /// Takes bindings away. That one is not there is no error.
    pub async fn unbind(&self, bindings: &[Binding]) -> Result<(), TopologyError> {
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

    /// Declares a queue that only this connection uses and that goes with its consumer.
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
    let kind = match exchange.kind {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Headers => lapin::ExchangeKind::Headers,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
    };
    let name = convert::short_string("exchange", &exchange.name)?;
    let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
    Ok(channel.exchange_declare(name, kind, options, Default::default()).await?)
}

async fn declare_queue(channel: &lapin::Channel, queue: &Queue, passive: bool) -> Result<(), BrokerError> {
    let name = convert::short_string("queue", &queue.name)?;
    let Queue { durable, exclusive, .. } = *queue;
    let options =
        QueueDeclareOptions { passive, durable, exclusive, auto_delete: exclusive, ..Default::default() };
    let arguments = convert::arguments(&queue.arguments)?;
    channel.queue_declare(name.clone(), options, arguments).await?;
    if exclusive {
        // Whether it may be consumed: asked here, where a refusal disturbs nobody, and now, while there is
        // nothing in it.
        channel.basic_get(name, BasicGetOptions::default()).await?;
    }
    Ok(())
}

async fn bind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let queue = convert::short_string("queue", &binding.queue)?;
    let exchange = convert::short_string("exchange", &binding.exchange)?;
    let routing_key = convert::short_string("routing key", &binding.routing_key)?;
    let arguments = convert::arguments(&binding.arguments)?;
    Ok(channel.queue_bind(queue, exchange, routing_key, QueueBindOptions::default(), arguments).await?)
}

async fn unbind(channel: &lapin::Channel, binding: &Binding) -> Result<(), BrokerError> {
    let short = |what, text: &str| convert::short_string(what, text);
    let queue = short("queue", &binding.queue)?;
    let exchange = short("exchange", &binding.exchange)?;
    let routing_key = short("routing key", &binding.routing_key)?;
    let arguments = convert::arguments(&binding.arguments)?;
    Ok(channel.queue_unbind(queue, exchange, routing_key, arguments).await?)
}
