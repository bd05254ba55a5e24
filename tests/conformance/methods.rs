//! Builds the methods that a script can send from the arguments of a line.

use amq_protocol::{
    protocol::{
        AMQPClass, AMQPClass as C, BasicProperties, basic, channel, confirm, connection, exchange, queue, tx,
    },
    types::{AMQPValue, FieldTable},
};

use super::arguments::Arguments;

/// Returns whether the sender of a method waits for a response (unless it sets `nowait`).
pub(crate) fn is_synchronous(name: &str) -> bool {
    matches!(
        name,
        "channel.open"
            | "channel.close"
            | "channel.flow"
            | "exchange.declare"
            | "exchange.delete"
            | "exchange.bind"
            | "exchange.unbind"
            | "queue.declare"
            | "queue.bind"
            | "queue.unbind"
            | "queue.purge"
            | "queue.delete"
            | "basic.qos"
            | "basic.consume"
            | "basic.cancel"
            | "basic.get"
            | "basic.recover"
            | "confirm.select"
            | "tx.select"
            | "tx.commit"
            | "tx.rollback"
            | "connection.open"
            | "connection.close"
            | "connection.update-secret"
    )
}

pub(crate) fn method(name: &str, arguments: &mut Arguments) -> AMQPClass {
    let (class, method) = name.split_once('.').unwrap_or_else(|| panic!("{name:?} is not a method"));
    match class {
        "connection" => C::Connection(connection_method(method, arguments)),
        "channel" => C::Channel(channel_method(method, arguments)),
        "exchange" => C::Exchange(exchange_method(method, arguments)),
        "queue" => C::Queue(queue_method(method, arguments)),
        "basic" => C::Basic(basic_method(method, arguments)),
        "confirm" => C::Confirm(match method {
            "select" => confirm::AMQPMethod::Select(confirm::Select { nowait: arguments.flag("nowait") }),
            _ => panic!("confirm.{method} is not a method"),
        }),
        "tx" => C::Tx(match method {
            "select" => tx::AMQPMethod::Select(tx::Select {}),
            "commit" => tx::AMQPMethod::Commit(tx::Commit {}),
            "rollback" => tx::AMQPMethod::Rollback(tx::Rollback {}),
            _ => panic!("tx.{method} is not a method"),
        }),
        _ => panic!("{name} is not a method"),
    }
}

fn connection_method(method: &str, arguments: &mut Arguments) -> connection::AMQPMethod {
    use connection::AMQPMethod as M;
    match method {
        "start-ok" => M::StartOk(connection::StartOk {
            client_properties: client_properties(arguments),
            mechanism: arguments.positional(0).into(),
            response: match arguments.take("table") {
                Some(AMQPValue::FieldTable(table)) => encoded(&table).into(),
                _ => arguments.positional(1).into_bytes().into(),
            },
            locale: "en_US".into(),
        }),
        "secure-ok" => {
            M::SecureOk(connection::SecureOk { response: arguments.positional(0).into_bytes().into() })
        }
        "tune-ok" => M::TuneOk(connection::TuneOk {
            channel_max: arguments.take_number("channel-max").unwrap_or(2047),
            frame_max: arguments.take_number("frame-max").unwrap_or(131_072),
            heartbeat: arguments.take_number("heartbeat").unwrap_or(0),
        }),
        "open" => M::Open(connection::Open { virtual_host: arguments.positional(0).into() }),
        "close" => M::Close(connection::Close {
            reply_code: 200,
            reply_text: "bye".into(),
            class_id: 0,
            method_id: 0,
        }),
        "close-ok" => M::CloseOk(connection::CloseOk {}),
        "update-secret" => M::UpdateSecret(connection::UpdateSecret {
            new_secret: arguments.positional(0).into_bytes().into(),
            reason: arguments.positional(1).into(),
        }),
        _ => panic!("connection.{method} cannot be sent"),
    }
}

/// Builds the client properties; with `no-capabilities` without capabilities.
pub(crate) fn client_properties(arguments: &mut Arguments) -> FieldTable {
    let mut capabilities = FieldTable::default();
    for capability in [
        "publisher_confirms",
        "exchange_exchange_bindings",
        "basic.nack",
        "consumer_cancel_notify",
        "connection.blocked",
        "authentication_failure_close",
    ] {
        capabilities.insert(capability.into(), AMQPValue::Boolean(true));
    }
    let mut properties = FieldTable::default();
    properties.insert("product".into(), AMQPValue::LongString("conformance".into()));
    if !arguments.flag("no-capabilities") {
        properties.insert("capabilities".into(), AMQPValue::FieldTable(capabilities));
    }
    properties
}

/// Encodes a table without its length, as AMQPLAIN requires.
pub(crate) fn encoded(table: &FieldTable) -> Vec<u8> {
    use amq_protocol::{frame::WriteContext, types::generation::gen_field_table};
    let written = gen_field_table(table)(WriteContext::from(Vec::new())).expect("a table can be written");
    written.into_inner().0.split_off(4)
}

fn channel_method(method: &str, arguments: &mut Arguments) -> channel::AMQPMethod {
    use channel::AMQPMethod as M;
    match method {
        "open" => M::Open(channel::Open {}),
        "flow" => M::Flow(channel::Flow { active: arguments.positional(0) != "false" }),
        "close" => {
            M::Close(channel::Close { reply_code: 200, reply_text: "bye".into(), class_id: 0, method_id: 0 })
        }
        "close-ok" => M::CloseOk(channel::CloseOk {}),
        _ => panic!("channel.{method} cannot be sent"),
    }
}

fn exchange_method(method: &str, arguments: &mut Arguments) -> exchange::AMQPMethod {
    use exchange::AMQPMethod as M;
    let nowait = arguments.flag("nowait");
    match method {
        "declare" => M::Declare(exchange::Declare {
            exchange: arguments.positional(0).into(),
            kind: arguments.positional(1).into(),
            passive: arguments.flag("passive"),
            durable: arguments.flag("durable"),
            auto_delete: arguments.flag("auto-delete"),
            internal: arguments.flag("internal"),
            nowait,
            arguments: arguments.rest(),
        }),
        "delete" => M::Delete(exchange::Delete {
            exchange: arguments.positional(0).into(),
            if_unused: arguments.flag("if-unused"),
            nowait,
        }),
        "bind" => M::Bind(exchange::Bind {
            destination: arguments.positional(0).into(),
            source: arguments.positional(1).into(),
            routing_key: arguments.positional(2).into(),
            nowait,
            arguments: arguments.rest(),
        }),
        "unbind" => M::Unbind(exchange::Unbind {
            destination: arguments.positional(0).into(),
            source: arguments.positional(1).into(),
            routing_key: arguments.positional(2).into(),
            nowait,
            arguments: arguments.rest(),
        }),
        _ => panic!("exchange.{method} cannot be sent"),
    }
}

fn queue_method(method: &str, arguments: &mut Arguments) -> queue::AMQPMethod {
    use queue::AMQPMethod as M;
    let (queue, nowait) = (arguments.positional(0).into(), arguments.flag("nowait"));
    match method {
        "declare" => M::Declare(queue::Declare {
            queue,
            passive: arguments.flag("passive"),
            durable: arguments.flag("durable"),
            exclusive: arguments.flag("exclusive"),
            auto_delete: arguments.flag("auto-delete"),
            nowait,
            arguments: arguments.rest(),
        }),
        "bind" => M::Bind(queue::Bind {
            queue,
            exchange: arguments.positional(1).into(),
            routing_key: arguments.positional(2).into(),
            nowait,
            arguments: arguments.rest(),
        }),
        "unbind" => M::Unbind(queue::Unbind {
            queue,
            exchange: arguments.positional(1).into(),
            routing_key: arguments.positional(2).into(),
            arguments: arguments.rest(),
        }),
        "purge" => M::Purge(queue::Purge { queue, nowait }),
        "delete" => M::Delete(queue::Delete {
            queue,
            if_unused: arguments.flag("if-unused"),
            if_empty: arguments.flag("if-empty"),
            nowait,
        }),
        _ => panic!("queue.{method} cannot be sent"),
    }
}

fn basic_method(method: &str, arguments: &mut Arguments) -> basic::AMQPMethod {
    use basic::AMQPMethod as M;
    let (requeue, multiple) = (arguments.flag("requeue"), arguments.flag("multiple"));
    match method {
        "qos" => M::Qos(basic::Qos { prefetch_count: arguments.number(0), global: arguments.flag("global") }),
        "consume" => M::Consume(basic::Consume {
            queue: arguments.positional(0).into(),
            consumer_tag: arguments.take_text("tag").unwrap_or_default().into(),
            no_local: arguments.flag("no-local"),
            no_ack: arguments.flag("no-ack"),
            exclusive: arguments.flag("exclusive"),
            nowait: arguments.flag("nowait"),
            arguments: arguments.rest(),
        }),
        "cancel" => M::Cancel(basic::Cancel {
            consumer_tag: arguments.positional(0).into(),
            nowait: arguments.flag("nowait"),
        }),
        "publish" => M::Publish(basic::Publish {
            exchange: arguments.positional(0).into(),
            routing_key: arguments.positional(1).into(),
            mandatory: arguments.flag("mandatory"),
            immediate: arguments.flag("immediate"),
        }),
        "get" => {
            M::Get(basic::Get { queue: arguments.positional(0).into(), no_ack: arguments.flag("no-ack") })
        }
        "ack" => M::Ack(basic::Ack { delivery_tag: arguments.number(0), multiple }),
        "nack" => M::Nack(basic::Nack { delivery_tag: arguments.number(0), multiple, requeue }),
        "reject" => M::Reject(basic::Reject { delivery_tag: arguments.number(0), requeue }),
        "recover" => M::Recover(basic::Recover { requeue }),
        "recover-async" => M::RecoverAsync(basic::RecoverAsync { requeue }),
        _ => panic!("basic.{method} cannot be sent"),
    }
}

/// Builds the properties of a `basic.publish` line.
pub(crate) fn properties(arguments: &mut Arguments) -> BasicProperties {
    let mut properties = BasicProperties::default();
    if let Some(AMQPValue::FieldTable(headers)) = arguments.take("headers") {
        properties = properties.with_headers(headers);
    }
    if let Some(mode) = arguments.take_number("delivery-mode") {
        properties = properties.with_delivery_mode(mode);
    }
    if let Some(priority) = arguments.take_number("priority") {
        properties = properties.with_priority(priority);
    }
    if let Some(seconds) = arguments.take_number("timestamp") {
        properties = properties.with_timestamp(seconds);
    }
    type Setter = fn(BasicProperties, String) -> BasicProperties;
    let setters: [(&str, Setter); 10] = [
        ("content-type", |properties, text| properties.with_content_type(text.into())),
        ("content-encoding", |properties, text| properties.with_content_encoding(text.into())),
        ("correlation-id", |properties, text| properties.with_correlation_id(text.into())),
        ("reply-to", |properties, text| properties.with_reply_to(text.into())),
        ("expiration", |properties, text| properties.with_expiration(text.into())),
        ("message-id", |properties, text| properties.with_message_id(text.into())),
        ("type", |properties, text| properties.with_type(text.into())),
        ("user-id", |properties, text| properties.with_user_id(text.into())),
        ("app-id", |properties, text| properties.with_app_id(text.into())),
        ("cluster-id", |properties, text| properties.with_cluster_id(text.into())),
    ];
    for (name, set) in setters {
        if let Some(text) = arguments.take_text(name) {
            properties = set(properties, text);
        }
    }
    properties
}
