//! Generates valid frames of clients, in any order, with few names, so that they often refer to the same
//! queues.

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame},
    protocol::{AMQPClass, BasicProperties, basic, channel, confirm, connection, exchange, queue, tx},
    types::{AMQPValue, FieldTable, LongString, ShortString},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::raw_client::{encode, handshake};

/// Encodes each frame.
pub(crate) fn in_frames(frames: &[AMQPFrame]) -> Vec<Vec<u8>> {
    frames.iter().map(encode).collect()
}

/// A handshake and up to thirty steps.
pub(crate) fn requests() -> impl Strategy<Value = Vec<AMQPFrame>> {
    vec(step(), 0..30).prop_map(|steps| handshake().into_iter().chain(steps.into_iter().flatten()).collect())
}

fn step() -> impl Strategy<Value = Vec<AMQPFrame>> {
    // Mostly the open channel.
    let channel = prop_oneof![8 => Just(1u16), 1 => Just(2), 1 => Just(0), 1 => any::<u16>()];
    prop_oneof![
        20 => (channel.clone(), method()).prop_map(|(channel, method)| vec![AMQPFrame::Method(channel, method)]),
        6 => (channel, message()).prop_map(|(channel, frames)| {
            frames.into_iter().map(|frame| on(channel, frame)).collect()
        }),
        1 => Just(vec![AMQPFrame::Heartbeat]),
        1 => any::<u16>().prop_map(|channel| vec![AMQPFrame::InvalidHeartbeat(channel)]),
    ]
}

fn on(channel: u16, frame: AMQPFrame) -> AMQPFrame {
    match frame {
        AMQPFrame::Method(_, method) => AMQPFrame::Method(channel, method),
        AMQPFrame::Header(_, header) => AMQPFrame::Header(channel, header),
        AMQPFrame::Body(_, body) => AMQPFrame::Body(channel, body),
        other => other,
    }
}

fn name() -> impl Strategy<Value = ShortString> {
    const NAMES: &[&str] =
        &["a", "b", "c", "", "amq.direct", "amq.topic", "amq.rabbitmq.reply-to", "amq.gen-1", "témoin"];
    prop_oneof![9 => select(NAMES).prop_map(ShortString::from), 1 => ".{0,60}".prop_map(ShortString::from)]
}

fn value() -> impl Strategy<Value = AMQPValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(AMQPValue::Boolean),
        any::<i8>().prop_map(AMQPValue::ShortShortInt),
        any::<u8>().prop_map(AMQPValue::ShortShortUInt),
        any::<i16>().prop_map(AMQPValue::ShortInt),
        any::<u16>().prop_map(AMQPValue::ShortUInt),
        (-2i32..20).prop_map(AMQPValue::LongInt),
        any::<u32>().prop_map(AMQPValue::LongUInt),
        any::<i64>().prop_map(AMQPValue::LongLongInt),
        any::<f64>().prop_map(AMQPValue::Double),
        any::<u64>().prop_map(AMQPValue::Timestamp),
        name().prop_map(|name| AMQPValue::LongString(LongString::from(name.as_str().as_bytes()))),
        select(&["drop-head", "reject-publish", "reject-publish-dlx", "quorum", "classic", "any", "all"][..])
            .prop_map(|word| AMQPValue::LongString(LongString::from(word.as_bytes()))),
        Just(AMQPValue::Void),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| AMQPValue::FieldArray(items.into())),
            vec((name(), inner), 0..4).prop_map(|fields| AMQPValue::FieldTable(
                fields.into_iter().collect::<std::collections::BTreeMap<_, _>>().into()
            )),
        ]
    })
}

fn table() -> impl Strategy<Value = FieldTable> {
    let known = [
        "x-message-ttl",
        "x-expires",
        "x-max-length",
        "x-max-length-bytes",
        "x-overflow",
        "x-dead-letter-exchange",
        "x-dead-letter-routing-key",
        "x-single-active-consumer",
        "x-queue-type",
        "x-delivery-limit",
        "x-priority",
        "x-max-priority",
        "alternate-exchange",
        "x-match",
        "CC",
        "BCC",
        "x-death",
    ];
    let field = prop_oneof![4 => select(known.to_vec()).prop_map(ShortString::from), 1 => name()];
    prop_oneof![
        2 => Just(FieldTable::default()),
        1 => vec((field, value()), 0..4)
            .prop_map(|fields| fields.into_iter().collect::<std::collections::BTreeMap<_, _>>().into()),
    ]
}

fn message() -> impl Strategy<Value = Vec<AMQPFrame>> {
    let properties =
        (option::of(table()), option::of(name()), option::of("[0-9]{0,3}"), option::of(any::<u8>()))
            .prop_map(|(headers, reply_to, expiration, priority)| {
                let mut properties = BasicProperties::default();
                properties = headers.into_iter().fold(properties, BasicProperties::with_headers);
                properties = reply_to.into_iter().fold(properties, BasicProperties::with_reply_to);
                properties = priority.into_iter().fold(properties, BasicProperties::with_priority);
                expiration
                    .map(ShortString::from)
                    .into_iter()
                    .fold(properties, BasicProperties::with_expiration)
            });
    let sizes = prop_oneof![4 => 0u64..20, 1 => any::<u64>()];
    let parts = vec(vec(any::<u8>(), 0..20), 0..3);
    (name(), name(), any::<(bool, bool)>(), properties, option::of(sizes), parts).prop_map(
        |(exchange, routing_key, (mandatory, immediate), properties, size, parts)| {
            let publish = basic::Publish { exchange, routing_key, mandatory, immediate };
            let announced = size.unwrap_or_else(|| parts.iter().map(|part| part.len() as u64).sum());
            let header = AMQPContentHeader { class_id: 60, body_size: announced, properties };
            let method = AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Publish(publish)));
            let body = parts.into_iter().map(|part| AMQPFrame::Body(1, part));
            [method, AMQPFrame::Header(1, header)].into_iter().chain(body).collect()
        },
    )
}

fn method() -> impl Strategy<Value = AMQPClass> {
    prop_oneof![
        6 => queue_method().prop_map(AMQPClass::Queue),
        3 => exchange_method().prop_map(AMQPClass::Exchange),
        8 => basic_method().prop_map(AMQPClass::Basic),
        2 => other_method(),
    ]
}

fn queue_method() -> impl Strategy<Value = queue::AMQPMethod> {
    use queue::{AMQPMethod as Method, Bind, Declare, Delete, Purge, Unbind};
    prop_oneof![
        4 => (name(), any::<[bool; 5]>(), table()).prop_map(|(queue, [passive, durable, exclusive, auto_delete, nowait], arguments)| {
            Method::Declare(Declare { queue, passive, durable, exclusive, auto_delete, nowait, arguments })
        }),
        2 => (name(), name(), name(), any::<bool>(), table()).prop_map(|(queue, exchange, routing_key, nowait, arguments)| {
            Method::Bind(Bind { queue, exchange, routing_key, nowait, arguments })
        }),
        1 => (name(), name(), name(), table()).prop_map(|(queue, exchange, routing_key, arguments)| {
            Method::Unbind(Unbind { queue, exchange, routing_key, arguments })
        }),
        1 => (name(), any::<bool>()).prop_map(|(queue, nowait)| Method::Purge(Purge { queue, nowait })),
        1 => (name(), any::<[bool; 3]>())
            .prop_map(|(queue, [if_unused, if_empty, nowait])| Method::Delete(Delete { queue, if_unused, if_empty, nowait })),
    ]
}

fn exchange_method() -> impl Strategy<Value = exchange::AMQPMethod> {
    use exchange::{AMQPMethod as Method, Bind, Declare, Delete, Unbind};
    let kinds =
        select(&["direct", "fanout", "topic", "headers", "x-unknown", ""][..]).prop_map(ShortString::from);
    prop_oneof![
        3 => (name(), kinds, any::<[bool; 5]>(), table()).prop_map(
            |(exchange, kind, [passive, durable, auto_delete, internal, nowait], arguments)| {
                Method::Declare(Declare { exchange, kind, passive, durable, auto_delete, internal, nowait, arguments })
            }
        ),
        1 => (name(), name(), name(), any::<bool>(), table()).prop_map(|(destination, source, routing_key, nowait, arguments)| {
            Method::Bind(Bind { destination, source, routing_key, nowait, arguments })
        }),
        1 => (name(), name(), name(), any::<bool>(), table()).prop_map(|(destination, source, routing_key, nowait, arguments)| {
            Method::Unbind(Unbind { destination, source, routing_key, nowait, arguments })
        }),
        1 => (name(), any::<bool>(), any::<bool>())
            .prop_map(|(exchange, if_unused, nowait)| Method::Delete(Delete { exchange, if_unused, nowait })),
    ]
}

fn basic_method() -> impl Strategy<Value = basic::AMQPMethod> {
    use basic::{AMQPMethod as Method, Ack, Cancel, Consume, Get, Nack, Qos, Recover, Reject};
    let tag = prop_oneof![8 => 0u64..6, 1 => any::<u64>()];
    prop_oneof![
        4 => (name(), name(), any::<[bool; 4]>(), table()).prop_map(
            |(queue, consumer_tag, [no_local, no_ack, exclusive, nowait], arguments)| {
                Method::Consume(Consume { queue, consumer_tag, no_local, no_ack, exclusive, nowait, arguments })
            }
        ),
        1 => (name(), any::<bool>()).prop_map(|(consumer_tag, nowait)| Method::Cancel(Cancel { consumer_tag, nowait })),
        3 => (name(), any::<bool>()).prop_map(|(queue, no_ack)| Method::Get(Get { queue, no_ack })),
        2 => (tag.clone(), any::<bool>()).prop_map(|(delivery_tag, multiple)| Method::Ack(Ack { delivery_tag, multiple })),
        2 => (tag.clone(), any::<[bool; 2]>())
            .prop_map(|(delivery_tag, [multiple, requeue])| Method::Nack(Nack { delivery_tag, multiple, requeue })),
        2 => (tag, any::<bool>()).prop_map(|(delivery_tag, requeue)| Method::Reject(Reject { delivery_tag, requeue })),
        1 => (0u16..4, any::<bool>()).prop_map(|(prefetch_count, global)| Method::Qos(Qos { prefetch_count, global })),
        1 => any::<bool>().prop_map(|requeue| Method::Recover(Recover { requeue })),
    ]
}

fn other_method() -> impl Strategy<Value = AMQPClass> {
    prop_oneof![
        Just(AMQPClass::Channel(channel::AMQPMethod::Open(channel::Open {}))),
        any::<bool>()
            .prop_map(|active| AMQPClass::Channel(channel::AMQPMethod::Flow(channel::Flow { active }))),
        Just(AMQPClass::Channel(channel::AMQPMethod::CloseOk(channel::CloseOk {}))),
        name().prop_map(|reply_text| {
            let close = channel::Close { reply_code: 200, reply_text, class_id: 0, method_id: 0 };
            AMQPClass::Channel(channel::AMQPMethod::Close(close))
        }),
        any::<bool>()
            .prop_map(|nowait| AMQPClass::Confirm(confirm::AMQPMethod::Select(confirm::Select { nowait }))),
        Just(AMQPClass::Tx(tx::AMQPMethod::Select(tx::Select {}))),
        Just(AMQPClass::Connection(connection::AMQPMethod::CloseOk(connection::CloseOk {}))),
        name().prop_map(|virtual_host| {
            AMQPClass::Connection(connection::AMQPMethod::Open(connection::Open { virtual_host }))
        }),
        (any::<u16>(), any::<u32>(), any::<u16>()).prop_map(|(channel_max, frame_max, heartbeat)| {
            let tune_ok = connection::TuneOk { channel_max, frame_max, heartbeat };
            AMQPClass::Connection(connection::AMQPMethod::TuneOk(tune_ok))
        }),
    ]
}
