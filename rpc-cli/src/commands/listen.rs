//! `listen`: prints events as they come. It speaks AMQP itself, since it knows no trait: what it prints is what came.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};

use amqp_rpc::{HeaderValue, error::ConnectError};
use amqp_rpc_transport::{
    Binding, BrokerError, Connection, Consumer, DataChannel, Delivered, Exchange, ExchangeKind, Headers,
    Inbound, Operation, Queue, Topology, TopologyError,
};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    connection::{self, chain},
    contract,
    exit::Exit,
    failure::Failure,
    form::Form,
    interrupt,
    output::printable,
    session::Session,
};

/// The exchange of events, unless a trait says another one.
const EVENTS: &str = "amqp-rpc.events";

/// How many events may wait in the queue: a terminal that is stopped must not fill the broker.
const MAX_LENGTH: i64 = 10_000;

/// How many deliveries may wait here.
const PREFETCH: u16 = 100;

/// The largest event that is printed.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// What to listen to, such as `shop.price_changed`, `shop.price_changed.eu.*` or `shop.#`: `*` stands for a word, `#`
    /// for any number of words. Without one of them: the event with every topic.
    #[arg(add = contract::names::methods())]
    pattern: String,
    /// End after this many events.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// Ends at Ctrl-C, after `--count` events, or when the connection is lost.
pub(crate) async fn run(args: ListenArgs, session: &Session) -> Result<(), Failure> {
    let subscribed = subscribe(&args, session);
    let mut subscription = tokio::select! {
        () = interrupt::pressed() => return Err(Failure::interrupted()),
        subscription = subscribed => subscription?,
    };
    session.note(format_args!("listening to {} on {}", subscription.binding_key, subscription.exchange));
    let mut left = args.count.unwrap_or(u64::MAX);
    while left > 0 {
        let delivery = tokio::select! {
            () = interrupt::pressed() => break,
            delivery = subscription.consumer.next() => delivery,
        };
        let lost = |error: &BrokerError| {
            Failure::new(Exit::Connect, format!("the connection was lost: {}", chain(error)))
        };
        let delivery = match delivery {
            Some(Ok(delivery)) => delivery,
            Some(Err(error)) => return Err(lost(&error)),
            None => return Err(Failure::new(Exit::Connect, "the broker has ended the subscription")),
        };
        print(&delivery, session)?;
        subscription.channel.ack(delivery.tag).map_err(|error| lost(&error))?;
        left -= 1;
    }
    subscription.connection.close().await;
    Ok(())
}

struct Subscription {
    connection: Connection,
    channel: DataChannel,
    consumer: Consumer,
    exchange: String,
    binding_key: String,
}

async fn subscribe(args: &ListenArgs, session: &Session) -> Result<Subscription, Failure> {
    let options = session.connect_options().await?;
    let exchange = session.global.exchange.as_deref().unwrap_or(EVENTS);
    let exchange = match session.namespace().await? {
        Some(namespace) => format!("{namespace}.{exchange}"),
        None => exchange.to_owned(),
    };
    let inbound = Inbound { max_body_bytes: MAX_EVENT_BYTES, on_return: Arc::default() };
    let connected = amqp_rpc_transport::connect(&options, &inbound, |connection| async {
        Ok::<_, ConnectError>(connection)
    })
    .await;
    let place = session.place().await?;
    let connection = connected.map_err(|error| connection::refused(&error, place))?;
    let binding_key = binding_key(&args.pattern);
    let queue = format!("amqp-rpc.listen.{:016x}", RandomState::new().build_hasher().finish());
    let topology = topology(&exchange, &queue, &binding_key);
    topology.declare(&connection, false).await.map_err(|error| refused(&error))?;
    let opened = async {
        let channel = connection.open_data_channel().await?;
        let consumer = channel.consume(&queue, PREFETCH).await?;
        Ok((channel, consumer))
    };
    let (channel, consumer) = opened.await.map_err(|error: BrokerError| {
        Failure::new(Exit::Connect, format!("the broker refuses to listen: {}", chain(&error)))
    })?;
    Ok(Subscription { connection, channel, consumer, exchange, binding_key })
}

fn refused(error: &TopologyError) -> Failure {
    let what = match error.operation {
        Operation::DeclareExchange => "the exchange",
        Operation::DeclareQueue | Operation::ConsumeQueue => "a queue",
        Operation::BindQueue => "to bind a queue to the exchange of events",
    };
    let text = format!("the broker refuses {what} {}: {}", error.name, chain(&error.source));
    Failure::new(Exit::Connect, text)
        .advice("the user needs the permissions of a listener, see docs/brokers.md")
}

/// Without a wildcard: every topic of the event.
fn binding_key(pattern: &str) -> String {
    if pattern.contains(['*', '#']) { pattern.to_owned() } else { format!("{pattern}.#") }
}

/// A queue of this connection alone.
fn topology(exchange: &str, queue: &str, binding_key: &str) -> Topology {
    let mut arguments = Headers::new();
    arguments.insert("x-max-length", MAX_LENGTH);
    let private = Queue { exclusive: true, ..Queue::transient(queue, arguments).auto_delete() };
    let binding = Binding {
        queue: queue.to_owned(),
        exchange: exchange.to_owned(),
        routing_key: binding_key.to_owned(),
        arguments: Headers::new(),
    };
    Topology {
        exchanges: vec![Exchange::durable(exchange, ExchangeKind::Topic)],
        queues: vec![private],
        bindings: vec![binding],
    }
}

fn print(delivery: &Delivered, session: &Session) -> Result<(), Failure> {
    let body = body_of(delivery);
    if session.output.form() == Form::Table {
        return session.output.line(&printable(&format!("{} {body}", delivery.routing_key)));
    }
    let properties = &delivery.properties;
    let mut event = json!({
        "exchange": delivery.exchange.as_str(), "routing_key": delivery.routing_key.as_str(), "body": body,
    });
    for (name, text) in [
        ("content_type", properties.content_type.as_deref()),
        ("message_id", properties.message_id.as_deref()),
        ("type", properties.kind.as_deref()),
        ("app_id", properties.app_id.as_deref()),
        ("user_id", properties.user_id.as_deref()),
    ] {
        if let Some(text) = text {
            event[name] = text.into();
        }
    }
    if let Some(headers) = properties.headers.as_ref().filter(|headers| !headers.is_empty()) {
        event["headers"] = headers_of(headers);
    }
    session.output.value(&event)
}

/// JSON where it is JSON, else a text, else the number of its bytes.
fn body_of(delivery: &Delivered) -> Value {
    if let Some(refusal) = &delivery.refusal {
        return Value::String(format!("({refusal})"));
    }
    if let Ok(value) = serde_json::from_slice(&delivery.body) {
        return value;
    }
    match std::str::from_utf8(&delivery.body) {
        Ok(text) => text.into(),
        Err(_) => format!("({} bytes)", delivery.body.len()).into(),
    }
}

fn headers_of(headers: &Headers) -> Value {
    let members: Map<_, _> = headers.iter().map(|(name, value)| (name.to_owned(), value_of(value))).collect();
    members.into()
}

fn value_of(value: &HeaderValue) -> Value {
    match value {
        HeaderValue::Text(text) => text.as_str().into(),
        HeaderValue::Bool(value) => (*value).into(),
        HeaderValue::Int(value) => (*value).into(),
        HeaderValue::Float(value) => (*value).into(),
        other => format!("{other:?}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_wildcards_is_every_topic() {
        assert_eq!(binding_key("shop.price_changed"), "shop.price_changed.#");
        assert_eq!(binding_key("shop.price_changed.eu.*"), "shop.price_changed.eu.*");
    }
}
