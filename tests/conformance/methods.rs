//! The methods a script can send: from the words of its line to the codec's structs.

use amq_protocol::{
    protocol::{
        AMQPClass, AMQPClass as C, BasicProperties, basic, channel, confirm, connection, exchange, queue, tx,
    },
    types::{AMQPValue, FieldTable},
};

use super::words::Words;

/// Methods whose sender waits for an answer (unless it says `nowait`).
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

pub(crate) fn method(name: &str, words: &mut Words) -> AMQPClass {
    let (class, method) = name.split_once('.').unwrap_or_else(|| panic!("{name:?} is no method"));
    match class {
        "connection" => C::Connection(connection_method(method, words)),
        "channel" => C::Channel(channel_method(method, words)),
        "exchange" => C::Exchange(exchange_method(method, words)),
        "queue" => C::Queue(queue_method(method, words)),
        "basic" => C::Basic(basic_method(method, words)),
        "confirm" => C::Confirm(match method {
            "select" => confirm::AMQPMethod::Select(confirm::Select { nowait: words.flag("nowait") }),
            _ => panic!("confirm.{method} is no method"),
        }),
        "tx" => C::Tx(match method {
            "select" => tx::AMQPMethod::Select(tx::Select {}),
            "commit" => tx::AMQPMethod::Commit(tx::Commit {}),
            "rollback" => tx::AMQPMethod::Rollback(tx::Rollback {}),
            _ => panic!("tx.{method} is no method"),
        }),
        _ => panic!("{name} is no method"),
    }
}

fn connection_method(method: &str, words: &mut Words) -> connection::AMQPMethod {
    use connection::AMQPMethod as M;
    match method {
        "start-ok" => M::StartOk(connection::StartOk {
            client_properties: client_properties(words),
            mechanism: words.word(0).into(),
            response: match words.take("table") {
                Some(AMQPValue::FieldTable(table)) => encoded(&table).into(),
                _ => words.word(1).into_bytes().into(),
            },
            locale: "en_US".into(),
        }),
        "secure-ok" => M::SecureOk(connection::SecureOk { response: words.word(0).into_bytes().into() }),
        "tune-ok" => M::TuneOk(connection::TuneOk {
            channel_max: words.take_number("channel-max").unwrap_or(2047),
            frame_max: words.take_number("frame-max").unwrap_or(131_072),
            heartbeat: words.take_number("heartbeat").unwrap_or(0),
        }),
        "open" => M::Open(connection::Open { virtual_host: words.word(0).into() }),
        "close" => M::Close(connection::Close {
            reply_code: 200,
            reply_text: "bye".into(),
            class_id: 0,
            method_id: 0,
        }),
        "close-ok" => M::CloseOk(connection::CloseOk {}),
        "update-secret" => M::UpdateSecret(connection::UpdateSecret {
            new_secret: words.word(0).into_bytes().into(),
            reason: words.word(1).into(),
        }),
        _ => panic!("connection.{method} cannot be sent"),
    }
}

/// What our client says it can do; `no-capabilities` says nothing.
pub(crate) fn client_properties(words: &mut Words) -> FieldTable {
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
    if !words.flag("no-capabilities") {
        properties.insert("capabilities".into(), AMQPValue::FieldTable(capabilities));
    }
    properties
}

/// A table without its length, as AMQPLAIN wants it.
pub(crate) fn encoded(table: &FieldTable) -> Vec<u8> {
    use amq_protocol::{frame::WriteContext, types::generation::gen_field_table};
    let written = gen_field_table(table)(WriteContext::from(Vec::new())).expect("a table can be written");
    written.into_inner().0.split_off(4)
}

fn channel_method(method: &str, words: &mut Words) -> channel::AMQPMethod {
    use channel::AMQPMethod as M;
    match method {
        "open" => M::Open(channel::Open {}),
        "flow" => M::Flow(channel::Flow { active: words.word(0) != "false" }),
        "close" => {
            M::Close(channel::Close { reply_code: 200, reply_text: "bye".into(), class_id: 0, method_id: 0 })
        }
        "close-ok" => M::CloseOk(channel::CloseOk {}),
        _ => panic!("channel.{method} cannot be sent"),
    }
}

fn exchange_method(method: &str, words: &mut Words) -> exchange::AMQPMethod {
    use exchange::AMQPMethod as M;
    let nowait = words.flag("nowait");
    match method {
        "declare" => M::Declare(exchange::Declare {
            exchange: words.word(0).into(),
            kind: words.word(1).into(),
            passive: words.flag("passive"),
            durable: words.flag("durable"),
            auto_delete: words.flag("auto-delete"),
            internal: words.flag("internal"),
            nowait,
            arguments: words.arguments(),
        }),
        "delete" => M::Delete(exchange::Delete {
            exchange: words.word(0).into(),
            if_unused: words.flag("if-unused"),
            nowait,
        }),
        "bind" => M::Bind(exchange::Bind {
            destination: words.word(0).into(),
            source: words.word(1).into(),
            routing_key: words.word(2).into(),
            nowait,
            arguments: words.arguments(),
        }),
        "unbind" => M::Unbind(exchange::Unbind {
            destination: words.word(0).into(),
            source: words.word(1).into(),
            routing_key: words.word(2).into(),
            nowait,
            arguments: words.arguments(),
        }),
        _ => panic!("exchange.{method} cannot be sent"),
    }
}

fn queue_method(method: &str, words: &mut Words) -> queue::AMQPMethod {
    use queue::AMQPMethod as M;
    let (queue, nowait) = (words.word(0).into(), words.flag("nowait"));
    match method {
        "declare" => M::Declare(queue::Declare {
            queue,
            passive: words.flag("passive"),
            durable: words.flag("durable"),
            exclusive: words.flag("exclusive"),
            auto_delete: words.flag("auto-delete"),
            nowait,
            arguments: words.arguments(),
        }),
        "bind" => M::Bind(queue::Bind {
            queue,
            exchange: words.word(1).into(),
            routing_key: words.word(2).into(),
            nowait,
            arguments: words.arguments(),
        }),
        "unbind" => M::Unbind(queue::Unbind {
            queue,
            exchange: words.word(1).into(),
            routing_key: words.word(2).into(),
            arguments: words.arguments(),
        }),
        "purge" => M::Purge(queue::Purge { queue, nowait }),
        "delete" => M::Delete(queue::Delete {
            queue,
            if_unused: words.flag("if-unused"),
            if_empty: words.flag("if-empty"),
            nowait,
        }),
        _ => panic!("queue.{method} cannot be sent"),
    }
}

fn basic_method(method: &str, words: &mut Words) -> basic::AMQPMethod {
    use basic::AMQPMethod as M;
    let (requeue, multiple) = (words.flag("requeue"), words.flag("multiple"));
    match method {
        "qos" => M::Qos(basic::Qos { prefetch_count: words.number(0), global: words.flag("global") }),
        "consume" => M::Consume(basic::Consume {
            queue: words.word(0).into(),
            consumer_tag: words.take_text("tag").unwrap_or_default().into(),
            no_local: words.flag("no-local"),
            no_ack: words.flag("no-ack"),
            exclusive: words.flag("exclusive"),
            nowait: words.flag("nowait"),
            arguments: words.arguments(),
        }),
        "cancel" => {
            M::Cancel(basic::Cancel { consumer_tag: words.word(0).into(), nowait: words.flag("nowait") })
        }
        "publish" => M::Publish(basic::Publish {
            exchange: words.word(0).into(),
            routing_key: words.word(1).into(),
            mandatory: words.flag("mandatory"),
            immediate: words.flag("immediate"),
        }),
        "get" => M::Get(basic::Get { queue: words.word(0).into(), no_ack: words.flag("no-ack") }),
        "ack" => M::Ack(basic::Ack { delivery_tag: words.number(0), multiple }),
        "nack" => M::Nack(basic::Nack { delivery_tag: words.number(0), multiple, requeue }),
        "reject" => M::Reject(basic::Reject { delivery_tag: words.number(0), requeue }),
        "recover" => M::Recover(basic::Recover { requeue }),
        "recover-async" => M::RecoverAsync(basic::RecoverAsync { requeue }),
        _ => panic!("basic.{method} cannot be sent"),
    }
}

/// The properties a `basic.publish` line names.
pub(crate) fn properties(words: &mut Words) -> BasicProperties {
    let mut properties = BasicProperties::default();
    if let Some(AMQPValue::FieldTable(headers)) = words.take("headers") {
        properties = properties.with_headers(headers);
    }
    if let Some(mode) = words.take_number("delivery-mode") {
        properties = properties.with_delivery_mode(mode);
    }
    if let Some(priority) = words.take_number("priority") {
        properties = properties.with_priority(priority);
    }
    if let Some(seconds) = words.take_number("timestamp") {
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
        if let Some(text) = words.take_text(name) {
            properties = set(properties, text);
        }
    }
    properties
}
